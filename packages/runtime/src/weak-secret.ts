const BYTES_MIN = 32;
/** Of 32 bytes drawn by lot, in any usual spelling, fewer are as good as impossible. */
const DISTINCT_MIN = 12;
const WORDS = /change.?me|secret|password|example|default/i;

/** Whether a secret was typed and not drawn: too short, of few different characters, or with a word that stands in examples. */
export function isWeakSecret(value: string): boolean {
  return Buffer.byteLength(value) < BYTES_MIN || new Set(value).size < DISTINCT_MIN || WORDS.test(value);
}

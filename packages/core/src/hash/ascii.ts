/**
 * Writes the text, one byte a character, while it is ASCII; returns how many characters that were. Names, ids and most values
 * are ASCII alone, and for short texts this costs less than an encoder's call.
 */
export function writeAscii(text: string, into: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return i;
    into[at + i] = code;
  }
  return text.length;
}

/** 128 random bits as hex. `crypto.randomUUID` is there in secure contexts only, which a page over plain http is not. */
export function newEventId(): string {
  let id = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += byte.toString(16).padStart(2, '0');
  return id;
}

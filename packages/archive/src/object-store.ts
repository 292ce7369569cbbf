/** Where archives lie. A key is a path of words; an object is written whole or not at all. */
export interface ObjectStore {
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Null: there is none. */
  get(key: string): Promise<Uint8Array | null>;
  /** What is not there is deleted already. */
  delete(key: string): Promise<void>;
}

import { hash, verify } from '@node-rs/bcrypt';

/** Passwords as they are kept: bcrypt of cost 12 (H-75), worked out on the threads of libuv, never on the event loop. */
export interface Passwords {
  /** Null: too many wait. */
  hash(password: string): Promise<string | null>;
  /**
   * Whether the password is the one of this hash; against null (there is no such user) the same work is done and the answer is
   * no. Null: too many wait.
   */
  matches(password: string, passwordHash: string | null): Promise<boolean | null>;
}

const COST = 12;
/** libuv has four threads, on which names are looked up and bodies are inflated too. */
const RUNNING_MAX = 2;
/** Some 5 s of work. */
const WAITING_MAX = 32;
/** Of 24 random bytes that nobody has. */
const NOBODY = '$2b$12$szrh6LlOfmmMVLP1bCSDauDgFgjEGvGCaJG7qb3usPl24FLPIoK4i';

export function createPasswords(): Passwords {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T | null> {
    if (running >= RUNNING_MAX) {
      if (waiting.length >= WAITING_MAX) return null;
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // Whoever waits longest takes this turn over.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  return {
    hash: (password) => inTurn(() => hash(password, COST)),
    matches: (password, passwordHash) => {
      const asked = isWhole(password) ? passwordHash : null;
      return inTurn(async () => (await verify(password, asked ?? NOBODY)) && asked !== null);
    },
  };
}

/** bcrypt reads 72 bytes and ends at a NUL: what lies behind would be taken for right, whatever it is. */
function isWhole(password: string): boolean {
  return Buffer.byteLength(password) <= 72 && !password.includes('\0');
}

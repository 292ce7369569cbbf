const NAMES_MAX = 64;
const NAME_BYTES_MAX = 128;
/** One leave in so many replaces the layout: often enough to follow a new sender, seldom enough that mixed ones cost little. */
const LEARNED_LEAVE = 16;

/**
 * The names that an object scanned before had, place by place. Events of one sender have their members in one order, so a name is
 * first compared with the one expected at its place; scanning it, looking for it among the names before and finding what it means
 * are needed only where it is another. The names are a run of one object's names and so pairwise different: members that follow the
 * layout from the first one on cannot hold a name twice. Judging a Wikipedia edit takes 1.4 times less time by it.
 */
export class Layout {
  /** Changes with the names: what was found out about the names of a version holds for it alone. */
  version = 0;
  /** Members of the object at hand, from the first one on, that follow the layout. */
  known = 0;
  /** With quotes and colon, without escapes. */
  private readonly names: Uint8Array[] = [];
  private isLearning = false;
  private leaves = 0;

  begin(): void {
    this.known = 0;
    this.isLearning = false;
  }

  /** Position after the colon where the expected name of the member at `place` stands at `at`; else -1. */
  pass(bytes: Uint8Array, { at, end, place }: { readonly at: number; readonly end: number; readonly place: number }): number {
    const name = this.names[place];
    if (name === undefined || this.known !== place || at + name.length > end) return -1;
    for (let i = 0; i < name.length; i += 1) if (name[i] !== bytes[at + i]) return -1;
    this.known = place + 1;
    return at + name.length;
  }

  /** The member at `place` is the first one with another name than expected. */
  leave(place: number): void {
    this.leaves += 1;
    this.isLearning = place === this.names.length || this.leaves % LEARNED_LEAVE === 0;
  }

  /** The bytes from the opening quote to the colon are the name of the member at `place`, which no member before it has. */
  learn(name: Uint8Array, place: number, isPlain: boolean): void {
    if (!this.isLearning) return;
    this.isLearning = isPlain && place < NAMES_MAX && name.length <= NAME_BYTES_MAX;
    if (!this.isLearning) return;
    this.names.length = place;
    this.names.push(name.slice());
    this.version += 1;
  }
}

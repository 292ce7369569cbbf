import type { MemberList } from './member-list.ts';
import { FLAG } from './member-list.ts';
import type { NameTable } from './name-table.ts';

/** What the names of a list mean by a table; found once for members that follow the list's layout. */
export class KnownNames {
  private table: NameTable | null = null;
  private version = -1;
  private readonly found: number[] = [];

  /** Position of member i's name in the table, or -1. Asked for members in their order. */
  find(table: NameTable, bytes: Uint8Array, { list, i }: { readonly list: MemberList; readonly i: number }): number {
    const { layout } = list;
    if (i >= layout.known) return findName(table, bytes, { list, i });
    if (this.table !== table || this.version !== layout.version) {
      this.table = table;
      this.version = layout.version;
      this.found.length = 0;
    }
    if (i === this.found.length) this.found.push(findName(table, bytes, { list, i }));
    return this.found[i] ?? findName(table, bytes, { list, i });
  }
}

function findName(table: NameTable, bytes: Uint8Array, { list, i }: { readonly list: MemberList; readonly i: number }): number {
  const start = list.keyStart[i] ?? 0;
  const end = list.keyEnd[i] ?? 0;
  return ((list.flags[i] ?? 0) & FLAG.keyEscaped) === 0 ? table.find(bytes, start, end) : table.findEscaped(bytes, start, end);
}

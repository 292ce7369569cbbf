/** Events of one tenant and type in a batch; those of the empty type are copies. */
export interface TypeCount {
  readonly tenant: string;
  readonly type: string;
  events: number;
  /** Of them those of the live lane. */
  live: number;
}

/** How many events of which type a batch holds. A batch holds few, and most events are of the same as the one before. */
export class TypeCounts {
  readonly all: TypeCount[] = [];
  private last: TypeCount | null = null;

  add(tenant: string, type: string, isLive: boolean): void {
    const count = this.find(tenant, type);
    count.events += 1;
    if (isLive) count.live += 1;
  }

  private find(tenant: string, type: string): TypeCount {
    const { last } = this;
    if (last !== null && last.type === type && last.tenant === tenant) return last;
    let known = this.all.find((one) => one.type === type && one.tenant === tenant);
    if (known === undefined) this.all.push((known = { tenant, type, events: 0, live: 0 }));
    this.last = known;
    return known;
  }
}

import type { Erasure } from '@tidegate/postgres';

/** Persons whose events one partition does not count any more, as of the owner's last commit. */
export class ErasedPersons {
  private readonly byTenant = new Map<string, Set<string>>();
  private readonly underWay = new Set<string>();
  size = 0;

  /** `partition`: what was taken away there already is not under way. */
  constructor(erasures: readonly Erasure[], partition: number) {
    for (const one of erasures) if (one.isBegun) this.begun(one);
    for (const one of erasures) if (one.isDone || one.visited.includes(partition)) this.done(one);
  }

  has(tenant: string, subject: string): boolean {
    return this.byTenant.get(tenant)?.has(subject) === true;
  }

  /** Some of it is yet to be taken away. */
  isUnderWay(): boolean {
    return this.underWay.size > 0;
  }

  begun({ tenant, subject, requestId }: Erasure): void {
    const known = this.byTenant.get(tenant) ?? new Set();
    this.byTenant.set(tenant, known);
    this.underWay.add(requestId);
    if (known.has(subject)) return;
    known.add(subject);
    this.size += 1;
  }

  done({ requestId }: Erasure): void {
    this.underWay.delete(requestId);
  }
}

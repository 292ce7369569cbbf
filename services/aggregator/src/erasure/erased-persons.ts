import type { Erasure } from '@tidegate/postgres';

/** Persons of one partition whose tombstone stands, as of the owner's last commit. */
export class ErasedPersons {
  private readonly byTenant = new Map<string, Set<string>>();
  private readonly underWay = new Set<string>();
  size = 0;

  constructor(erasures: readonly Erasure[]) {
    for (const one of erasures) if (one.isBegun) this.begun(one);
    for (const one of erasures) if (one.isDone) this.done(one);
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

/** What a month of accesses comes to: who read whose data, whose data was read by whom, and what is unlike the rest. */

/** Of a record of the audit, what a review looks at. */
export interface Access {
  readonly actor: string;
  readonly role: string | null;
  readonly action: string;
  readonly statusCode: number;
  /** Pseudonym; `*`: of several persons, one by one; null: of nobody in particular. */
  readonly subject: string | null;
  /** Sealed fields that were shown opened. */
  readonly opened: readonly string[];
  readonly accesses: number;
  readonly at: string;
}

export interface ReviewedActor {
  readonly actor: string;
  readonly roles: readonly string[];
  readonly accesses: number;
  /** Whose rows were shown, apart from answers about several. */
  readonly persons: number;
  /** Answers that showed several persons one by one. */
  readonly of_several: number;
  readonly opened: readonly string[];
  readonly changes: number;
  /** Of them, 401 and 403. */
  readonly refused: number;
  readonly last_at: string;
}

export interface ReviewedPerson {
  readonly subject: string;
  readonly accesses: number;
  readonly readers: readonly string[];
}

export interface Unusual {
  readonly actor: string;
  readonly why: 'many_persons' | 'several_at_once' | 'opened' | 'refused';
  readonly count: number;
}

export interface AccessReview {
  readonly accesses: number;
  /** Most persons first. */
  readonly actors: readonly ReviewedActor[];
  /** Most readers first. */
  readonly persons: readonly ReviewedPerson[];
  readonly unusual: readonly Unusual[];
}

/** From so many on somebody should look. */
export interface ReviewBounds {
  readonly personsMax: number;
  readonly refusedMax: number;
}

interface Tally {
  readonly roles: Set<string>;
  readonly persons: Set<string>;
  readonly opened: Set<string>;
  accesses: number;
  ofSeveral: number;
  openings: number;
  changes: number;
  refused: number;
  lastAt: string;
}

interface PersonTally {
  readonly readers: Set<string>;
  accesses: number;
}

const REFUSED: ReadonlySet<number> = new Set([401, 403]);
const SEVERAL = '*';

export function createAccessReview(bounds: ReviewBounds): { add(access: Access): void; review(): AccessReview } {
  const actors = new Map<string, Tally>();
  const persons = new Map<string, PersonTally>();
  return {
    add(access) {
      const tally = actors.get(access.actor) ?? newTally();
      actors.set(access.actor, tally);
      addTo(tally, access);
      const { subject, statusCode } = access;
      if (subject === null || subject === SEVERAL || statusCode >= 400) return;
      const person = persons.get(subject) ?? { readers: new Set<string>(), accesses: 0 };
      persons.set(subject, person);
      person.readers.add(access.actor);
      person.accesses += access.accesses;
    },
    review() {
      const reviewed = [...actors].map(([actor, tally]) => toActor(actor, tally));
      return {
        accesses: reviewed.reduce((sum, { accesses }) => sum + accesses, 0),
        actors: reviewed.toSorted((a, b) => b.persons - a.persons || b.accesses - a.accesses || compare(a.actor, b.actor)),
        persons: [...persons]
          .map(([subject, { readers, accesses }]) => ({ subject, accesses, readers: [...readers].toSorted(compare) }))
          .toSorted((a, b) => b.readers.length - a.readers.length || b.accesses - a.accesses || compare(a.subject, b.subject)),
        unusual: [...actors].flatMap(([actor, tally]) => unusualOf(actor, tally, bounds)).toSorted((a, b) => compare(a.actor, b.actor)),
      };
    },
  };
}

function newTally(): Tally {
  return {
    ...{ roles: new Set(), persons: new Set(), opened: new Set() },
    ...{ accesses: 0, ofSeveral: 0, openings: 0, changes: 0, refused: 0, lastAt: '' },
  };
}

function addTo(tally: Tally, { role, action, statusCode, subject, opened, accesses, at }: Access): void {
  if (role !== null) tally.roles.add(role);
  tally.accesses += accesses;
  if (at > tally.lastAt) tally.lastAt = at;
  if (REFUSED.has(statusCode)) tally.refused += accesses;
  // What was refused or failed showed nothing and changed nothing.
  if (statusCode >= 400) return;
  if (action !== 'read') tally.changes += accesses;
  if (subject === SEVERAL) tally.ofSeveral += accesses;
  else if (subject !== null) tally.persons.add(subject);
  if (opened.length > 0) tally.openings += accesses;
  for (const field of opened) tally.opened.add(field);
}

function toActor(actor: string, { roles, persons, opened, accesses, ofSeveral, changes, refused, lastAt }: Tally): ReviewedActor {
  return {
    ...{ actor, roles: [...roles].toSorted(compare), accesses, persons: persons.size, of_several: ofSeveral },
    ...{ opened: [...opened].toSorted(compare), changes, refused, last_at: lastAt },
  };
}

function unusualOf(actor: string, tally: Tally, { personsMax, refusedMax }: ReviewBounds): readonly Unusual[] {
  const found: readonly Unusual[] = [
    { actor, why: 'many_persons', count: tally.persons.size > personsMax ? tally.persons.size : 0 },
    { actor, why: 'several_at_once', count: tally.ofSeveral },
    { actor, why: 'opened', count: tally.openings },
    { actor, why: 'refused', count: tally.refused > refusedMax ? tally.refused : 0 },
  ];
  return found.filter(({ count }) => count > 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

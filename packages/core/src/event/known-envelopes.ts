import { standsAt } from './plain-data.ts';

/** Segments kept of each sort: types, sources and pack versions that are met at one time are few. */
const KEPT_MAX = 16;

/** From the end of the id to the end of the type. */
export interface HeadSegment {
  readonly bytes: Uint8Array;
  readonly source: string;
  readonly type: string;
}

/** From the end of the time to the beginning of `data`. */
export interface TailSegment {
  readonly bytes: Uint8Array;
  readonly tenant: string;
  readonly packVersion: number;
  /** What the segment says of `CanonicalReader.attributes`. */
  readonly attributes: Uint8Array;
}

/**
 * The stretches of a record's envelope that are the same in record after record, as bytes and as what they say. A record whose
 * stretches are known needs neither scanning nor decoding for them. A segment begins and ends at a member's border, so equal
 * bytes mean equal members.
 */
export class KnownSegments<S extends { readonly bytes: Uint8Array }> {
  private readonly known: S[] = [];

  find(bytes: Uint8Array, at: number): S | null {
    const { known } = this;
    for (let i = 0; i < known.length; i += 1) {
      const segment = known[i];
      if (segment !== undefined && standsAt(segment.bytes, bytes, at)) return segment;
    }
    return null;
  }

  /** The newest comes first; the oldest is forgotten. */
  learn(segment: S): S {
    this.known.unshift(segment);
    if (this.known.length > KEPT_MAX) this.known.pop();
    return segment;
  }
}

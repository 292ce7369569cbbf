/** Calls for the server code of a learning application: what learners do, and how the application is doing (pack studyin). */
import type { Client } from '../client.ts';
import type { EventInput } from '../wire.ts';
import { createEventBuffer, type EventBuffer, type EventBufferOptions } from './event-buffer.ts';
import { newEventId } from './event-id.ts';

export interface TrackedEvent {
  /** Whose it is; events of the application itself have none. */
  readonly subject?: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Default: a new one. Give one of your own where the same happening may be told twice. */
  readonly id?: string;
  /** Default: now. */
  readonly occurredAt?: Date | string | number;
}

interface Session {
  readonly session_id: string;
  readonly course_id?: string;
}

interface Material {
  readonly material_id: string;
  readonly material_type: 'pdf' | 'video' | 'article' | 'slide' | 'quiz' | 'flashcards' | 'other';
  readonly course_id?: string;
  readonly seconds?: number;
}

interface CoachMessage {
  readonly conversation_id: string;
  readonly role: 'user' | 'coach';
  readonly topic?: string;
  readonly response_ms?: number;
  readonly tokens?: number;
}

export interface TrackedRequest {
  readonly method: string;
  /** The template, never the path itself. */
  readonly route: string;
  readonly status_code?: number;
  readonly duration_ms: number;
  readonly authenticated: boolean;
  readonly bytes?: number;
  readonly service?: string;
}

/** Each call takes an event and returns at once, and never throws; false: the tracker takes nothing more. */
export interface Tracker {
  /** An event of any installed pack. */
  track(type: string, event: TrackedEvent): boolean;
  trackSessionStarted(user: string, session: Session & { readonly material_id?: string; readonly device?: Device }): boolean;
  trackSessionEnded(user: string, session: Session & { readonly duration_seconds?: number; readonly xp_earned?: number }): boolean;
  /** How a material was interacted with; a score belongs to one that was completed. */
  trackMaterial(user: string, interaction: 'viewed' | 'completed', material: Material & { readonly score?: number }): boolean;
  trackXp(user: string, xp: { readonly xp_amount: number; readonly reason: XpReason }): boolean;
  trackLevel(user: string, level: number): boolean;
  trackAchievement(user: string, achievementId: string): boolean;
  trackStreak(user: string, days: number): boolean;
  trackCoachMessage(user: string, message: CoachMessage): boolean;
  trackCoachRating(user: string, rating: { readonly conversation_id: string; readonly rating: 1 | 2 | 3 | 4 | 5 }): boolean;
  trackRequest(request: TrackedRequest): boolean;
  /** The class of an error, never its text. */
  trackError(error: { readonly error_type: string; readonly route?: string; readonly service?: string }): boolean;
  /** Events that were lost since the start, whatever for; `onProblem` says why. */
  lost(): number;
  /** Resolves when what was tracked before is settled. */
  flush(): Promise<void>;
  /** Takes nothing more and sends the rest, at most so long (default 5,000 ms). */
  close(withinMs?: number): Promise<void>;
}

type Device = 'web' | 'ios' | 'android' | 'other';
type XpReason = 'session' | 'material' | 'achievement' | 'streak' | 'other';

export interface TrackerOptions extends Omit<EventBufferOptions, 'send'> {
  readonly client: Pick<Client, 'send'>;
  /** Of every event; part of its identity. */
  readonly source?: string;
}

export function createTracker(options: TrackerOptions): Tracker {
  const { client, source, ...rest } = options;
  const buffer = createEventBuffer({ ...rest, send: (events, signal) => client.send(events, { concurrency: 1, signal }) });
  return trackerOver(buffer, source);
}

/** The calls over a buffer that sends by itself. */
export function trackerOver(buffer: EventBuffer, source?: string): Tracker {
  const track = (type: string, event: TrackedEvent): boolean => buffer.add(toEvent(type, event, source));
  const of = (type: string) => (subject: string, data: object) => track(type, { subject, data: { ...data } });
  const started = of('learning.session.started');
  const ended = of('learning.session.ended');
  const materials = { viewed: of('learning.material.viewed'), completed: of('learning.material.completed') };
  const level = of('learning.level.reached');
  const achievement = of('learning.achievement.unlocked');
  const streak = of('learning.streak.updated');
  return {
    track,
    trackSessionStarted: started,
    trackSessionEnded: ended,
    trackMaterial: (user, interaction, material) => materials[interaction](user, material),
    trackXp: of('learning.xp.awarded'),
    trackLevel: (user, reached) => level(user, { level: reached }),
    trackAchievement: (user, achievementId) => achievement(user, { achievement_id: achievementId }),
    trackStreak: (user, days) => streak(user, { streak_days: days }),
    trackCoachMessage: of('learning.coach.messaged'),
    trackCoachRating: of('learning.coach.rated'),
    trackRequest: (request) => track('system.request.completed', { data: { ...request } }),
    trackError: (error) => track('system.error.raised', { data: { ...error } }),
    lost: buffer.lost,
    flush: buffer.flush,
    close: buffer.close,
  };
}

function toEvent(type: string, { subject, data, id, occurredAt = Date.now() }: TrackedEvent, source: string | undefined): EventInput {
  return {
    id: id ?? newEventId(),
    type,
    occurred_at: occurredAt instanceof Date ? occurredAt.getTime() : occurredAt,
    ...(subject === undefined ? {} : { subject }),
    ...(source === undefined ? {} : { source }),
    data,
  };
}

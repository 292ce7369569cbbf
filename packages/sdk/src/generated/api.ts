// Generated from docs/reference/openapi.json by "npm run generate": change the routes, not this file.
export interface paths {
    readonly "/v1/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send events */
        readonly post: operations["sendEvents"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/segment/track": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send Segment track messages (also at /v1/track) */
        readonly post: operations["segmentTrack"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/segment/identify": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send Segment identify messages (also at /v1/identify) */
        readonly post: operations["segmentIdentify"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/segment/page": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send Segment page messages (also at /v1/page) */
        readonly post: operations["segmentPage"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/segment/screen": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send Segment screen messages (also at /v1/screen) */
        readonly post: operations["segmentScreen"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/segment/group": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send Segment group messages (also at /v1/group) */
        readonly post: operations["segmentGroup"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/segment/alias": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send Segment alias messages (also at /v1/alias) */
        readonly post: operations["segmentAlias"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/segment/batch": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send Segment batch messages (also at /v1/batch) */
        readonly post: operations["segmentBatch"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/events/stats": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How the stream of events goes (also at /api/analytics/events/stats) */
        readonly get: operations["readEventStats"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/events/recent": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The newest events between two instants of the last seven days (also at /api/analytics/events/recent) */
        readonly get: operations["readRecentEvents"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/events/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What became of one event */
        readonly get: operations["readEvent"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/receipts/{receipt}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Whether the events of a receipt are counted */
        readonly get: operations["readReceipt"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/query": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Ask a question, and keep the answer */
        readonly get: operations["askKept"];
        readonly put?: never;
        /** Ask a question */
        readonly post: operations["askQuestion"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/live": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Watch an answer: Server-Sent Events, or messages of a WebSocket, of the rows that change */
        readonly get: operations["watch"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/funnels": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Funnels that packs name */
        readonly get: operations["listFunnels"];
        readonly put?: never;
        /** Ask how many persons go from step to step */
        readonly post: operations["askFunnel"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/experiments": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Experiments that packs name */
        readonly get: operations["listExperiments"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/experiments/{pack}/{experiment}/result": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What an experiment came to */
        readonly get: operations["readExperiment"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/experiments/{pack}/{experiment}/assignment": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Which variant a person has */
        readonly get: operations["readAssignment"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/query/batch": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Ask up to 20 questions */
        readonly post: operations["askBatch"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/views/{pack}/{view}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A named answer of a pack (also at the route that the pack declares) */
        readonly get: operations["readView"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/insights/{pack}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What the rules of a pack find now, and found before */
        readonly get: operations["listInsights"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/metrics": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Metrics that can be asked for */
        readonly get: operations["listMetrics"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/metrics/{metric}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Definition of a metric */
        readonly get: operations["readMetric"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/event-types": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What events may hold */
        readonly get: operations["listEventTypes"];
        readonly put?: never;
        /** Define an event type, and metrics over it, while everything runs */
        readonly post: operations["defineEventType"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/budgets": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How many values dimensions have, by day; spent budgets and the fullest first */
        readonly get: operations["listBudgets"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/restatements": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Closed buckets that were changed, and by what */
        readonly get: operations["listRestatements"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/packs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Packs in place */
        readonly get: operations["listPacks"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/packs/{pack}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One pack with its source */
        readonly get: operations["readPack"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How far events are counted, and what the system stands on */
        readonly get: operations["readStatus"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/writes/{pack}/{write}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** A route of a pack that takes an event (also at the route that the pack declares, by its method) */
        readonly post: operations["runWrite"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/rejected": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Rejected events, newest first */
        readonly get: operations["listRejected"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/rejected/{ref}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One rejected event: why, and what became of it */
        readonly get: operations["readRejected"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/rejected/{ref}/original": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The bytes of a rejected event as they came */
        readonly get: operations["readRejectedOriginal"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/rejected/{ref}/replay": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send a rejected event again, as it was or corrected */
        readonly post: operations["replayRejected"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/rejected/replay": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send many rejected events again, as a job */
        readonly post: operations["replayManyRejected"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/jobs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Background jobs, newest first */
        readonly get: operations["listJobs"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/jobs/{job}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** State of a job */
        readonly get: operations["readJob"];
        readonly put?: never;
        readonly post?: never;
        /** Cancel a job */
        readonly delete: operations["cancelJob"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/jobs/{job}/result": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Result of a completed job */
        readonly get: operations["readJobResult"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/packs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Put a pack in place */
        readonly post: operations["applyPack"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/packs/validate": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Check a pack without putting it in place */
        readonly post: operations["validatePack"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/packs/diff": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** What a pack would change */
        readonly post: operations["diffPack"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/packs/preview": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** What a pack would answer, by the newest events */
        readonly post: operations["previewPack"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/packs/{pack}/rollback": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Put in place again what the pack was before */
        readonly post: operations["rollbackPack"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/event-types/{event_type}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Change an event type that was defined here, by a definition that what was sent before fits too */
        readonly put: operations["changeEventType"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/auth/login": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Sign in with a user name or an e-mail address, and a password */
        readonly post: operations["login"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/users/login": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** The same as `/v1/auth/login` */
        readonly post: operations["loginUser"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/users/register": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Register a person of `LOGIN_TENANT`, by the pack that says how */
        readonly post: operations["registerUser"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/auth/refresh": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Give a refresh token for new tokens */
        readonly post: operations["refresh"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/auth/logout": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Sign out: end the session of the token */
        readonly post: operations["logout"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/users/logout": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** The same as `/v1/auth/logout` */
        readonly post: operations["logoutUser"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/users": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Users of the tenant */
        readonly get: operations["listUsers"];
        readonly put?: never;
        /** Make a user */
        readonly post: operations["createUser"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/users/{user}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Change roles, password or state of a user */
        readonly post: operations["changeUser"];
        /** Disable a user; all sessions end */
        readonly delete: operations["disableUser"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/roles": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Roles that users can have, with their scopes */
        readonly get: operations["listRoles"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/keys": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** API keys of the tenant */
        readonly get: operations["listKeys"];
        readonly put?: never;
        /** Make an API key */
        readonly post: operations["createKey"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/keys/{key}/rotate": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Give an API key a new secret; the old one is taken for a while longer */
        readonly post: operations["rotateKey"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/keys/{key}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Revoke an API key */
        readonly delete: operations["revokeKey"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/auth/tokens": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make a short-lived token that shows some rows: for a dashboard or a page */
        readonly post: operations["createToken"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/issuers": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Issuers whose tokens are taken */
        readonly get: operations["listIssuers"];
        readonly put?: never;
        /** Take the tokens of an issuer, or take them in another way */
        readonly post: operations["putIssuer"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/issuers/{issuer}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Take the tokens of an issuer no longer */
        readonly delete: operations["removeIssuer"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/limits": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What the caller may still do now, by limit */
        readonly get: operations["readLimits"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/limits/explain": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Which limits would decide over a request of the caller, and why */
        readonly post: operations["explainLimits"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/limits/replay": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Whom other limits would have refused, by what was asked for of late */
        readonly post: operations["replayLimits"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/origins": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Pages that may read answers of the tenant */
        readonly get: operations["readOrigins"];
        readonly put?: never;
        /** Let pages of these origins read answers of the tenant, in place of those before */
        readonly post: operations["putOrigins"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/limits/installation": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What is set of the limits of the whole installation */
        readonly get: operations["readInstallationLimits"];
        readonly put?: never;
        /** Set the limits of the whole installation, its tiers and the tiers of its tenants, in place of what was set */
        readonly post: operations["putInstallationLimits"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/limits": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What the tenant has set of its limits */
        readonly get: operations["readTenantLimits"];
        readonly put?: never;
        /** Set the limits of the tenant, in place of what it had set */
        readonly post: operations["putTenantLimits"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/audit": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Accesses to data of the tenant, as JSON or NDJSON */
        readonly get: operations["readAudit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/audit/verify": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Check that no record of the audit was altered, removed, added or moved */
        readonly get: operations["verifyAudit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/audit/reconcile": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The latest recount of rollups from raw events, by metric, and the cells that were wrong */
        readonly get: operations["readRecounts"];
        readonly put?: never;
        /** Recount rollups from raw events now */
        readonly post: operations["askRecount"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/cache/stats": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How often kept answers were found: in all, by class and by name */
        readonly get: operations["readCacheStats"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/cache/stats/reset": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Count anew; nothing that is kept goes */
        readonly post: operations["resetCacheStats"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/cache": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Classes of kept answers with their lifetimes, aims, figures, and history by hour */
        readonly get: operations["readCache"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/cache/keys": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What lies in the cache: patterns of names, how many, how much memory */
        readonly get: operations["listKeptNames"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/cache/advice": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What lifetimes should be, by the figures of the last days */
        readonly get: operations["adviseCache"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/cache/invalidate": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Drop kept answers: of a class, of a name, of a pattern of names, or about a person */
        readonly post: operations["dropKept"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/gdpr/export": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Everything held about oneself */
        readonly get: operations["exportOwn"];
        readonly put?: never;
        /** Everything held about oneself, as a request */
        readonly post: operations["exportOwnByPost"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/gdpr/exports/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How far the export of one’s own data is, and its link */
        readonly get: operations["readOwnExport"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/gdpr/downloads/{link}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Fetch an export by its link */
        readonly get: operations["downloadExport"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/privacy/exports": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Everything held about a person */
        readonly post: operations["exportPerson"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/privacy/exports/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How far an export is, and its link */
        readonly get: operations["readExport"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/privacy/subjects/{pseudonym}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Whom a pseudonym means */
        readonly get: operations["readSubject"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/privacy/erasures": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Erase a person */
        readonly post: operations["createErasure"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/privacy/erasures/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How far an erasure is */
        readonly get: operations["readErasure"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/privacy/erasures/{id}/certificate": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What was erased where, counted, and what stays */
        readonly get: operations["readCertificate"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/gdpr/delete-account": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Erase everything about oneself, where DELETE cannot have a body */
        readonly post: operations["deleteAccountByPost"];
        /** Erase everything about oneself */
        readonly delete: operations["deleteAccount"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/gdpr/requests/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How far the erasure of one’s own data is */
        readonly get: operations["readOwnErasure"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/exports": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Export events and figures as files, by day */
        readonly post: operations["createWarehouseExport"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/exports/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How far an export is */
        readonly get: operations["readWarehouseExport"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/exports/{id}/manifest": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What a finished export consists of */
        readonly get: operations["readWarehouseManifest"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/exports/{id}/files/{no}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A file of a finished export, by its place in the manifest */
        readonly get: operations["readWarehouseFile"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/gaps": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Accepted events that the log lost before they were counted */
        readonly get: operations["listGaps"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/gaps/{gap}/acknowledge": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Say that a gap is known; answers are no longer incomplete for it */
        readonly post: operations["acknowledgeGap"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/health": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** State of the gateway and what it stands on */
        readonly get: operations["health"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/health": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The same as `/health` */
        readonly get: operations["healthVersioned"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/health/live": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Whether the process runs */
        readonly get: operations["healthLive"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/health/ready": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Whether requests are taken */
        readonly get: operations["healthReady"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/docs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** This document as a page to read */
        readonly get: operations["docs"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/openapi.json": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** This document, for programs */
        readonly get: operations["openapi"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description RFC 9457 problem document. No value that the caller sent is repeated in it. */
        readonly Problem: {
            readonly type: string;
            readonly title: string;
            readonly status: number;
            readonly detail: string;
            readonly code: string;
            readonly request_id: string;
            readonly trace_id: string;
            readonly errors?: readonly {
                readonly path: string;
                readonly code: string;
                readonly message: string;
            }[];
        } & {
            readonly [key: string]: unknown;
        };
        /** @description At most 256 KB; occurred_at at most 5 minutes ahead, or what EVENT_AHEAD_MAX_S allows. */
        readonly Event: {
            /** @description The sender’s own id: a resent copy with the same id, source and subject is counted once. */
            readonly id: string;
            /** @description An event type that a pack of the tenant declares. */
            readonly type: string;
            readonly subject?: string;
            readonly source?: string;
            readonly occurred_at: string | number;
            readonly schema_version?: number;
            readonly data: {
                readonly [key: string]: unknown;
            };
        };
        /** @description CloudEvents 1.0 in its JSON format. Other extensions are kept as attributes, except of event types about nobody. */
        readonly CloudEvent: {
            /** @constant */
            readonly specversion: "1.0";
            readonly id: string;
            readonly source: string;
            /** @description An event type that a pack of the tenant declares. */
            readonly type: string;
            readonly subject?: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly time: string;
            /** @description A JSON type. */
            readonly datacontenttype?: string;
            /** @description An extension: version of the event type’s schema. */
            readonly schemaversion?: number;
            readonly data?: {
                readonly [key: string]: unknown;
            };
        } & {
            readonly [key: string]: string | boolean | number;
        };
        /** @description What became of each event. `retry`: the outcome is not known, send the event again unchanged. */
        readonly Verdicts: {
            readonly accepted: number;
            readonly rejected: readonly ({
                readonly index: number;
                readonly id?: string;
                readonly code: string;
                readonly path?: string;
                readonly message: string;
            } & {
                readonly [key: string]: unknown;
            })[];
            readonly retry: readonly ({
                readonly index: number;
                readonly id?: string;
            } & {
                readonly [key: string]: unknown;
            })[];
            /** @description Absent where nothing was accepted. */
            readonly receipt?: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly received_at: string;
        } & {
            readonly [key: string]: unknown;
        };
        /** @description Mapped to an event by the `segment:` section of a pack. */
        readonly SegmentMessage: {
            /**
             * @description In a batch.
             * @enum {string}
             */
            readonly type?: "track" | "identify" | "page" | "screen" | "group" | "alias";
            /** @description The id of the event. */
            readonly messageId?: string;
            readonly userId?: string | null;
            readonly anonymousId?: string | null;
            /** @description Of a track message: which mapping of a pack takes it. */
            readonly event?: string;
            readonly properties?: {
                readonly [key: string]: unknown;
            } | null;
            readonly traits?: {
                readonly [key: string]: unknown;
            } | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly timestamp?: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly originalTimestamp?: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly sentAt?: string;
        } & {
            readonly [key: string]: unknown;
        };
        /** @description Figures of operation: some seconds behind what is counted, and an owner that dies takes its last seconds along. Answers of questions are exact. */
        readonly StreamStatistics: {
            readonly types: readonly {
                readonly event_type: string;
                /** @description Counted in the minutes asked for. */
                readonly total: number;
                readonly last_hour: number;
                /** @description When the last one arrived; null: none in the last day. */
                readonly last_at: string | null;
            }[];
            readonly events_per_second: number;
            readonly rejected: number;
            /** @description Copies of events that were counted before. */
            readonly duplicates: number;
            /** @description From the arrival in the log to the commit, of live events, within 5 %. Null: there were none. */
            readonly lag_ms: {
                readonly p50: number | null;
                readonly p95: number | null;
                readonly p99: number | null;
            };
            /** @description Whole minutes up to now, the one that goes on included. */
            readonly minutes: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly generated_at: string;
        };
        /** @description Counted events, the newest first. */
        readonly RecentEvents: {
            readonly events: readonly {
                readonly id: string;
                readonly event_type: string;
                readonly source: string;
                /** @description Pseudonym; of a person’s own events the id of the credential. */
                readonly subject: string | null;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC, milliseconds.
                 */
                readonly occurred_at: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC, milliseconds.
                 */
                readonly received_at: string;
                /** @description As it is stored, less sealed fields. */
                readonly data: {
                    readonly [key: string]: unknown;
                };
                /** @description Fields that only their person’s key opens. */
                readonly sealed?: readonly string[];
            }[];
            readonly meta: {
                readonly complete_through: string | null;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC, milliseconds.
                 */
                readonly from: string;
                /**
                 * Format: date-time
                 * @description Of days that are not closed what arrived before it is not looked at: the last 100,000 events of each lane of a partition are.
                 */
                readonly complete_from?: string;
                /** @constant */
                readonly source: "raw";
                readonly cache: {
                    /** @enum {string} */
                    readonly state: "hit" | "miss" | "bypass";
                };
            } & {
                readonly [key: string]: unknown;
            };
        };
        readonly EventState: {
            /**
             * @description `pending` only with a receipt that is not counted yet; else what is not found is `unknown`: on days that are not closed the last 100,000 events of each lane of a partition are looked at, and those of the receipt.
             * @enum {string}
             */
            readonly state: "counted" | "pending" | "rejected" | "unknown" | "erased";
            /** @description Counted events of this id: more than one where source or subject tell them apart. */
            readonly copies: number;
            readonly received_at: string | null;
            readonly partition: number | null;
            readonly offset: number | null;
            /** @description Why it was rejected: a code. */
            readonly reason?: string;
            readonly complete_through: string | null;
        };
        readonly ReceiptState: {
            /** @description Nothing is pending: each event is counted, is a copy, or is among rejected_events. */
            readonly counted: boolean;
            /** @description An upper bound. */
            readonly pending_events: number;
            /** @description Accepted events that turned out to be unreadable or unstorable and are not counted. */
            readonly rejected_events: number;
            readonly complete_through: string | null;
            /**
             * @description The log gave way to another one before the events were counted; whether they were is not known. Send them again unchanged: what was counted is dropped.
             * @constant
             */
            readonly log_changed?: true;
        };
        readonly Question: {
            readonly metric: string;
            /**
             * @default series
             * @enum {string}
             */
            readonly kind?: "series" | "table" | "summary" | "heatmap";
            /** @description Measures of the metric; of a quantile measure `size` the names `size.p50`, `size.p95`, …; of a variance measure `size.stddev`, `size.variance`, `size.stddev_pop`, `size.variance_pop`, `size.mean`, `size.count`. All when absent. */
            readonly measures?: readonly string[];
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /** @description Instead of from and to: the first date of the zone that counts. */
            readonly start?: string;
            /** @description The last date that counts, whole. */
            readonly end?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @default {} */
            readonly where?: {
                readonly [key: string]: {
                    readonly eq?: string | number | boolean;
                    readonly ne?: string | number | boolean;
                    readonly in?: readonly (string | number | boolean)[];
                    readonly not_in?: readonly (string | number | boolean)[];
                    readonly lt?: string | number | boolean;
                    readonly lte?: string | number | boolean;
                    readonly gt?: string | number | boolean;
                    readonly gte?: string | number | boolean;
                    readonly prefix?: string;
                    readonly exists?: boolean;
                };
            };
            /** @description The plain id of one person or thing; only its own events count. */
            readonly subject?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @default 0 */
            readonly max_staleness_ms?: number;
            /** @description Pseudonyms of some subjects, as answers by subject give them; only their events count. */
            readonly subjects?: readonly string[];
            /** @description Rows of fewer persons are withheld, and with them so many others that no total of the rows gives them away; `meta.suppressed_groups` says how many. A key may have a `k` of its own; the greater holds. */
            readonly k?: number;
            /**
             * @description Width of a bucket; only with kind series, there day when absent.
             * @enum {string}
             */
            readonly grain?: "minute" | "quarter_hour" | "hour" | "day" | "week" | "month" | "quarter" | "year";
            /** @default [] */
            readonly group_by?: readonly string[];
            /**
             * @description Buckets without events: left out, or rows of null; with zero, count and sum are 0 and what has no value stays null.
             * @default none
             * @enum {string}
             */
            readonly fill?: "zero" | "null" | "none";
            /** @description Column to order by; - for descending; rows without a value come last; ties are settled by bucket and groups. */
            readonly order?: string;
            /** @default 1000 */
            readonly limit?: number;
            /** @default null */
            readonly cursor?: string | null;
            /**
             * @description Rows to leave out at the start, in place of a cursor; a row that comes or goes between two pages moves those behind it.
             * @default 0
             */
            readonly offset?: number;
            /**
             * @description Of a table: a first column `rank`, 1, 2, 3 … in the order of the rows, over all pages.
             * @default false
             */
            readonly rank?: boolean;
        };
        readonly TrendQuestion: {
            /** @constant */
            readonly kind: "trend";
            readonly metric: string;
            /** @description One measure that is a number. */
            readonly measure: string;
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /** @description Instead of from and to: the first date of the zone that counts. */
            readonly start?: string;
            /** @description The last date that counts, whole. */
            readonly end?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @default {} */
            readonly where?: {
                readonly [key: string]: {
                    readonly eq?: string | number | boolean;
                    readonly ne?: string | number | boolean;
                    readonly in?: readonly (string | number | boolean)[];
                    readonly not_in?: readonly (string | number | boolean)[];
                    readonly lt?: string | number | boolean;
                    readonly lte?: string | number | boolean;
                    readonly gt?: string | number | boolean;
                    readonly gte?: string | number | boolean;
                    readonly prefix?: string;
                    readonly exists?: boolean;
                };
            };
            /** @description The plain id of one person or thing; only its own events count. */
            readonly subject?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @default 0 */
            readonly max_staleness_ms?: number;
            /**
             * @description Width of a bucket.
             * @default day
             * @enum {string}
             */
            readonly grain?: "quarter_hour" | "hour" | "day" | "week" | "month" | "quarter" | "year";
            /** @default [] */
            readonly group_by?: readonly string[];
            /**
             * @description Buckets of the rolling mean, this one included.
             * @default 7
             */
            readonly rolling?: number;
        };
        readonly AnomaliesQuestion: {
            /** @constant */
            readonly kind: "anomalies";
            readonly metric: string;
            /** @description One measure that is a number. */
            readonly measure: string;
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /** @description Instead of from and to: the first date of the zone that counts. */
            readonly start?: string;
            /** @description The last date that counts, whole. */
            readonly end?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @default {} */
            readonly where?: {
                readonly [key: string]: {
                    readonly eq?: string | number | boolean;
                    readonly ne?: string | number | boolean;
                    readonly in?: readonly (string | number | boolean)[];
                    readonly not_in?: readonly (string | number | boolean)[];
                    readonly lt?: string | number | boolean;
                    readonly lte?: string | number | boolean;
                    readonly gt?: string | number | boolean;
                    readonly gte?: string | number | boolean;
                    readonly prefix?: string;
                    readonly exists?: boolean;
                };
            };
            /** @description The plain id of one person or thing; only its own events count. */
            readonly subject?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @default 0 */
            readonly max_staleness_ms?: number;
            /**
             * @description Width of a bucket.
             * @default day
             * @enum {string}
             */
            readonly grain?: "quarter_hour" | "hour" | "day" | "week" | "month" | "quarter" | "year";
            /** @default [] */
            readonly group_by?: readonly string[];
            /**
             * @description Buckets with data before a bucket that it is judged against.
             * @default 28
             */
            readonly window?: number;
            /**
             * @description With fewer of them a bucket is not judged.
             * @default 14
             */
            readonly least?: number;
            /**
             * @description Buckets are compared with those a whole multiple of so many before: 1 with all, 7 by day with the same weekday.
             * @default 1
             */
            readonly season?: number;
            /**
             * @description A robust z beyond it is an anomaly.
             * @default 3.5
             */
            readonly threshold?: number;
            /**
             * @default anomalies
             * @enum {string}
             */
            readonly show?: "anomalies" | "all";
        };
        readonly ForecastQuestion: {
            /** @constant */
            readonly kind: "forecast";
            readonly metric: string;
            /** @description One measure that is a number. */
            readonly measure: string;
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /** @description Instead of from and to: the first date of the zone that counts. */
            readonly start?: string;
            /** @description The last date that counts, whole. */
            readonly end?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @default {} */
            readonly where?: {
                readonly [key: string]: {
                    readonly eq?: string | number | boolean;
                    readonly ne?: string | number | boolean;
                    readonly in?: readonly (string | number | boolean)[];
                    readonly not_in?: readonly (string | number | boolean)[];
                    readonly lt?: string | number | boolean;
                    readonly lte?: string | number | boolean;
                    readonly gt?: string | number | boolean;
                    readonly gte?: string | number | boolean;
                    readonly prefix?: string;
                    readonly exists?: boolean;
                };
            };
            /** @description The plain id of one person or thing; only its own events count. */
            readonly subject?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @default 0 */
            readonly max_staleness_ms?: number;
            /**
             * @description Width of a bucket.
             * @default day
             * @enum {string}
             */
            readonly grain?: "quarter_hour" | "hour" | "day" | "week" | "month" | "quarter" | "year";
            /** @default [] */
            readonly group_by?: readonly string[];
            /**
             * @description Buckets to come.
             * @default 7
             */
            readonly horizon?: number;
        };
        readonly CorrelateQuestion: {
            /** @constant */
            readonly kind: "correlate";
            readonly metric: string;
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /** @description Instead of from and to: the first date of the zone that counts. */
            readonly start?: string;
            /** @description The last date that counts, whole. */
            readonly end?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @default {} */
            readonly where?: {
                readonly [key: string]: {
                    readonly eq?: string | number | boolean;
                    readonly ne?: string | number | boolean;
                    readonly in?: readonly (string | number | boolean)[];
                    readonly not_in?: readonly (string | number | boolean)[];
                    readonly lt?: string | number | boolean;
                    readonly lte?: string | number | boolean;
                    readonly gt?: string | number | boolean;
                    readonly gte?: string | number | boolean;
                    readonly prefix?: string;
                    readonly exists?: boolean;
                };
            };
            /** @description The plain id of one person or thing; only its own events count. */
            readonly subject?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @default 0 */
            readonly max_staleness_ms?: number;
            /**
             * @description Width of a bucket.
             * @default day
             * @enum {string}
             */
            readonly grain?: "quarter_hour" | "hour" | "day" | "week" | "month" | "quarter" | "year";
            /** @description What may depend on the inputs. */
            readonly output: {
                /** @description Stands in the rows; the measure when absent. */
                readonly name?: string;
                /** @description The metric of the question when absent. */
                readonly metric?: string;
                /** @description One measure that is a number. */
                readonly measure: string;
                /**
                 * @description Beside the `where` of the question.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            };
            readonly inputs: readonly {
                /** @description Stands in the rows; the measure when absent. */
                readonly name?: string;
                /** @description The metric of the question when absent. */
                readonly metric?: string;
                /** @description One measure that is a number. */
                readonly measure: string;
                /**
                 * @description Beside the `where` of the question.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            }[];
            /**
             * @description Each input is tried so many buckets before the output, from 0 on.
             * @default 0
             */
            readonly max_lag?: number;
            /**
             * @description The lag with the greatest |r| of each input, or every lag.
             * @default best
             * @enum {string}
             */
            readonly show?: "best" | "all";
        };
        readonly CompareQuestion: {
            /** @constant */
            readonly kind: "compare";
            readonly metric: string;
            readonly measures: readonly string[];
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /** @description Instead of from and to: the first date of the zone that counts. */
            readonly start?: string;
            /** @description The last date that counts, whole. */
            readonly end?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @default {} */
            readonly where?: {
                readonly [key: string]: {
                    readonly eq?: string | number | boolean;
                    readonly ne?: string | number | boolean;
                    readonly in?: readonly (string | number | boolean)[];
                    readonly not_in?: readonly (string | number | boolean)[];
                    readonly lt?: string | number | boolean;
                    readonly lte?: string | number | boolean;
                    readonly gt?: string | number | boolean;
                    readonly gte?: string | number | boolean;
                    readonly prefix?: string;
                    readonly exists?: boolean;
                };
            };
            /** @description The plain id of one person or thing; only its own events count. */
            readonly subject?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @default 0 */
            readonly max_staleness_ms?: number;
            /** @default [] */
            readonly group_by?: readonly string[];
            /**
             * @description The range of the same length just before, another range, or the same range under another `where`.
             * @default previous
             */
            readonly against?: "previous" | {
                /** @description Date or time in `zone`, or an instant. */
                readonly from?: string;
                /** @description Date or time in `zone`, or an instant. */
                readonly to?: string;
                /** @default {} */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            };
        };
        readonly DistributionQuestion: {
            /** @constant */
            readonly kind: "distribution";
            readonly metric: string;
            /** @description A histogram or a quantile measure, by its own name. */
            readonly measure: string;
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /** @description Instead of from and to: the first date of the zone that counts. */
            readonly start?: string;
            /** @description The last date that counts, whole. */
            readonly end?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @default {} */
            readonly where?: {
                readonly [key: string]: {
                    readonly eq?: string | number | boolean;
                    readonly ne?: string | number | boolean;
                    readonly in?: readonly (string | number | boolean)[];
                    readonly not_in?: readonly (string | number | boolean)[];
                    readonly lt?: string | number | boolean;
                    readonly lte?: string | number | boolean;
                    readonly gt?: string | number | boolean;
                    readonly gte?: string | number | boolean;
                    readonly prefix?: string;
                    readonly exists?: boolean;
                };
            };
            /** @description The plain id of one person or thing; only its own events count. */
            readonly subject?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @default 0 */
            readonly max_staleness_ms?: number;
            /** @default [] */
            readonly group_by?: readonly string[];
        };
        readonly FunnelQuestion: {
            /** @constant */
            readonly kind: "funnel";
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            readonly steps: readonly {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
                /** @description Stands in the rows; the event type when absent. */
                readonly name?: string;
            }[];
            /**
             * @description Most seconds between the first event of a chain and its last.
             * @default 604800
             */
            readonly window_s?: number;
            /** @description A field of the first step: one funnel for each of its values, beside the whole. */
            readonly breakdown?: string;
        };
        readonly RetentionQuestion: {
            /** @constant */
            readonly kind: "retention";
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @description Its first event in the range puts a person into a cohort. */
            readonly start: {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            };
            /** @description What a person does who is still there. */
            readonly return: {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            };
            /**
             * @default week
             * @enum {string}
             */
            readonly grain?: "day" | "week" | "month";
            /**
             * @description Periods after the first one.
             * @default 8
             */
            readonly periods?: number;
        };
        readonly CohortQuestion: {
            /** @constant */
            readonly kind: "cohort";
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @description Its first event in the range puts a person into a cohort. */
            readonly start: {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            };
            /** @description What is counted of them from then on. */
            readonly event: {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            };
            /** @description An integer or decimal of it, which is summed; events are counted when absent. */
            readonly value?: string;
            /**
             * @default month
             * @enum {string}
             */
            readonly grain?: "day" | "week" | "month";
            /**
             * @description Periods after the first one.
             * @default 11
             */
            readonly periods?: number;
        };
        readonly StratifyQuestion: {
            /** @constant */
            readonly kind: "stratify";
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @description Persons with such an event in the range are scored. */
            readonly among: {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            };
            readonly rules: readonly {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
                /** @description Stands in the rows; the event type when absent. */
                readonly name?: string;
                /** @description For each event of the range that fits. */
                readonly points: number;
                /** @description Most points that the rule gives. */
                readonly most?: number;
            }[];
            /** @default 100 */
            readonly points_max?: number;
            /** @description Rising; who lies below the first is in none. */
            readonly bands: readonly {
                readonly band: string;
                /** @description The least score of the band. */
                readonly from: number;
            }[];
        };
        readonly SessionsQuestion: {
            /** @constant */
            readonly kind: "sessions";
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            readonly events: readonly {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            }[];
            /**
             * @description More seconds without an event end a session.
             * @default 1800
             */
            readonly gap_s?: number;
            /**
             * @default day
             * @enum {string}
             */
            readonly grain?: "quarter_hour" | "hour" | "day" | "week" | "month" | "quarter" | "year";
        };
        readonly ExperimentQuestion: {
            /** @constant */
            readonly kind: "experiment";
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            /** @description What says that a person met a variant. */
            readonly exposed: {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            };
            /**
             * @description The field of it that names the variant.
             * @default variant
             */
            readonly variant?: string;
            readonly control: string;
            readonly goal: {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
            };
            /**
             * @description Most seconds between the first exposure and the goal.
             * @default 604800
             */
            readonly window_s?: number;
            /** @description Share of each variant as it was meant, in any unit: says whether persons were assigned so. */
            readonly weights?: {
                readonly [key: string]: number;
            };
        };
        readonly Answer: {
            readonly columns: readonly {
                readonly name: string;
                readonly type: string;
                readonly unit?: string;
            }[];
            readonly rows: readonly (readonly ((string | number | boolean | null) | readonly {
                readonly value: string | number | boolean | null;
                readonly count: number;
                readonly error: number;
            }[] | readonly {
                readonly from: string | number | boolean | null;
                readonly to: string | number | boolean | null;
                readonly count: number;
            }[])[])[];
            readonly next_cursor: string | null;
            readonly meta: {
                readonly complete_through: string | null;
                readonly lag_ms: number | null;
                /** @enum {string} */
                readonly status: "current" | "catching_up" | "stalled" | "incomplete";
                /**
                 * @description The rows are of a replica of Postgres, some seconds old at most. Absent: of the primary, or kept from it.
                 * @enum {string}
                 */
                readonly read_from?: "replica";
                /** @description Part of what it was made of lies in the archive. Absent: none of it. */
                readonly archive?: {
                    /** @description Files of the archive that were opened. */
                    readonly files: number;
                    /** @description What they have together, as they are stored. */
                    readonly bytes: number;
                    /** @description Events that were taken from them, those among them that are raw rows too. */
                    readonly events: number;
                };
                /** @description Dimensions that group_by or where name, of which some day of the range had more values than its budget: those beyond it are counted under `_other`. */
                readonly over_budget?: readonly string[];
            } & {
                readonly [key: string]: unknown;
            };
        };
        readonly Processing: {
            /** @constant */
            readonly status: "processing";
            /** Format: uuid */
            readonly job_id: string;
            readonly poll_url: string;
            readonly retry_after_s: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly submitted_at: string;
        };
        readonly KeptAnswer: {
            readonly columns: readonly {
                readonly name: string;
                readonly type: string;
                readonly unit?: string;
            }[];
            readonly rows: readonly (readonly ((string | number | boolean | null) | readonly {
                readonly value: string | number | boolean | null;
                readonly count: number;
                readonly error: number;
            }[] | readonly {
                readonly from: string | number | boolean | null;
                readonly to: string | number | boolean | null;
                readonly count: number;
            }[])[])[];
            readonly next_cursor: string | null;
            readonly meta: {
                readonly metric_version?: number;
                readonly revision?: number;
                readonly grain: string | null;
                readonly zone: string;
            } & {
                readonly [key: string]: unknown;
            };
        };
        readonly Funnel: {
            /** @constant */
            readonly kind?: "funnel";
            /** @description First moment that counts. */
            readonly from?: string;
            /** @description First moment that no longer counts. */
            readonly to?: string;
            /** @description Instead of from and to: so many whole units of the zone, the current one included. */
            readonly last?: string;
            /** @description Instead of from and to: so many dates of the zone, up to the end of the one that holds `as_of`. */
            readonly days?: number;
            /** @description What last and days look back from; now when absent. */
            readonly as_of?: string;
            /**
             * @description IANA time zone.
             * @default UTC
             */
            readonly zone?: string;
            /** @description A receipt: wait until its events are counted. */
            readonly after?: string;
            /** @default 1000 */
            readonly wait_ms?: number;
            readonly steps: readonly {
                readonly event: string;
                /**
                 * @description Conditions on fields of the event.
                 * @default {}
                 */
                readonly where?: {
                    readonly [key: string]: {
                        readonly eq?: string | number | boolean;
                        readonly ne?: string | number | boolean;
                        readonly in?: readonly (string | number | boolean)[];
                        readonly not_in?: readonly (string | number | boolean)[];
                        readonly lt?: string | number | boolean;
                        readonly lte?: string | number | boolean;
                        readonly gt?: string | number | boolean;
                        readonly gte?: string | number | boolean;
                        readonly prefix?: string;
                        readonly exists?: boolean;
                    };
                };
                /** @description Stands in the rows; the event type when absent. */
                readonly name?: string;
            }[];
            /**
             * @description Most seconds between the first event of a chain and its last.
             * @default 604800
             */
            readonly window_s?: number;
            /** @description A field of the first step: one funnel for each of its values, beside the whole. */
            readonly breakdown?: string;
        };
        readonly NamedFunnel: {
            readonly funnel: string;
            readonly pack: string;
            readonly title: string;
            readonly question: {
                readonly kind: string;
            } & {
                readonly [key: string]: unknown;
            };
        };
        readonly NamedExperiment: {
            readonly experiment: string;
            readonly pack: string;
            readonly title: string;
            readonly question: {
                readonly kind: string;
            } & {
                readonly [key: string]: unknown;
            };
            readonly variants: readonly {
                readonly variant: string;
                /** @description In percent, as it is meant. */
                readonly share: number;
                readonly is_control: boolean;
            }[];
        };
        readonly Assignment: {
            readonly pack: string;
            readonly experiment: string;
            readonly variant: string;
            /** @description 0 to 9999. */
            readonly bucket: number;
        };
        readonly BatchAnswers: {
            readonly answers: readonly ({
                /** @constant */
                readonly status: 200;
                readonly answer: components["schemas"]["Answer"];
            } | {
                readonly status: number;
                readonly problem: components["schemas"]["Problem"];
                readonly retry_after_s?: number;
            })[];
        };
        /** @description Members are those that the view declares; `meta` is what they claim together. */
        readonly ViewAnswer: {
            readonly meta: {
                readonly complete_through?: string | null;
                readonly lag_ms?: number;
                /** @enum {string} */
                readonly status?: "current" | "catching_up" | "stalled" | "incomplete";
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC, milliseconds.
                 */
                readonly generated_at: string;
                /** @description Ages that are not those of the day, for dates of birth could not be opened: by the year they may be one too high. */
                readonly ages?: {
                    readonly [key: string]: "year_of_birth";
                };
            } & {
                readonly [key: string]: unknown;
            };
        } & {
            readonly [key: string]: unknown;
        };
        readonly Insights: {
            readonly insights: readonly components["schemas"]["Finding"][];
        };
        /** @description What a rule found, since when, and whether it holds still; `meta` is what its figures claim. */
        readonly Finding: {
            readonly insight: string;
            readonly id: string;
            readonly rule: string;
            readonly about: string;
            readonly rank: number | null;
            readonly priority: number | null;
            readonly level: string | null;
            readonly category: string | null;
            readonly title: string;
            readonly message: string;
            readonly evidence: unknown;
            /** @enum {string} */
            readonly state: "open" | "superseded" | "expired";
            readonly superseded: boolean;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly seen_at: string;
            readonly closed_at: string | null;
            readonly meta: {
                readonly [key: string]: unknown;
            };
        };
        readonly Metric: {
            readonly metric: string;
            readonly pack: string;
            readonly version: number;
            readonly dimensions: readonly unknown[];
            readonly measures: readonly unknown[];
        } & {
            readonly [key: string]: unknown;
        };
        readonly EventType: {
            readonly event_type: string;
            readonly pack: string;
            readonly title: string;
            /** @enum {string} */
            readonly subject: "none" | "optional" | "required";
            /** @description The field by which events without a subject stay in order. */
            readonly key: string | null;
            readonly aliases: readonly string[];
            readonly fields: readonly ({
                readonly field: string;
                readonly type: string;
                readonly unit: string | null;
                readonly optional: boolean;
                readonly dimension: boolean;
                readonly values: readonly string[] | null;
                /** @description What is kept of it: as it is, dropped, hashed, pseudonymised or sealed. */
                readonly action: string;
                /** @description What it is kept for with the raw events: of one that feeds no figure, row or question. */
                readonly why: string | null;
            } & {
                readonly [key: string]: unknown;
            })[];
        };
        readonly Restatements: {
            readonly restatements: readonly {
                readonly metric: string;
                readonly version: number;
                /** @constant */
                readonly grain: "quarter_hour";
                /**
                 * Format: date-time
                 * @description Its start.
                 */
                readonly bucket: string;
                /** @enum {string} */
                readonly cause: "late_event" | "erasure" | "repair" | "retention";
                /** @description Commits that changed it since it closed. */
                readonly revision: number;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC, milliseconds.
                 */
                readonly first_at: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC, milliseconds.
                 */
                readonly restated_at: string;
            }[];
            readonly next_cursor: string | null;
        };
        readonly PackSummary: {
            readonly pack: string;
            readonly version: number;
            readonly title: string;
        } & {
            readonly [key: string]: unknown;
        };
        readonly Status: {
            readonly status: string;
            readonly complete_through: string | null;
            /** @description Records of the backfill lane that are not counted yet; an upper bound. */
            readonly backfill_pending: number;
            readonly partitions: readonly ({
                readonly partition: number;
            } & {
                readonly [key: string]: unknown;
            })[];
            /** @description Accepted events that were gone from the log before they were counted. */
            readonly gaps: readonly {
                /** @enum {string} */
                readonly lane: "live" | "backfill";
                readonly partition: number;
                readonly log_generation: number;
                readonly from_offset: string;
                /** @description The first offset that is there again. */
                readonly to_offset: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC, milliseconds.
                 */
                readonly found_at: string;
                /** @description Since when it does not make answers `incomplete`. */
                readonly acknowledged_at: string | null;
            }[];
            /** @description Metric versions of the tenant that are being made of raw events. */
            readonly making: readonly {
                readonly metric: string;
                readonly version: number;
                readonly answered_version: number | null;
                readonly partitions: number;
                readonly partitions_done: number;
                /** @description Of the raw events, roughly. */
                readonly share: number;
            }[];
            readonly durability: string;
        } & {
            readonly [key: string]: unknown;
        };
        /** @description Members are those that the write declares; `GET /v1/packs/{pack}` lists them. */
        readonly WriteBody: {
            readonly [key: string]: unknown;
        };
        /** @description Members are those that the write declares, of the row as it is committed. */
        readonly WriteAnswer: {
            readonly [key: string]: unknown;
        };
        /** @description In the log, on all in-sync replicas, and not counted yet; the receipt tells when it is. */
        readonly WriteAccepted: {
            /** @constant */
            readonly accepted: true;
            readonly id: string;
            readonly receipt: string;
        } & {
            readonly [key: string]: unknown;
        };
        readonly Rejected: {
            readonly ref: string;
            /** @description Of the newest attempt. */
            readonly code: string;
            readonly path: string;
            readonly title: string | null;
            readonly meaning: string | null;
            readonly next: string | null;
            /**
             * @description `ingest`: refused at once. `events`, `backfill`: accepted into the live or the backfill lane, and could not be counted.
             * @enum {string}
             */
            readonly stage: "ingest" | "events" | "backfill";
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly received_at: string;
            /** @description Bytes of the original. */
            readonly length: number;
            /**
             * @description How much of it is kept, sealed.
             * @enum {string}
             */
            readonly original: "whole" | "cut" | "none";
            /** @description In which it came: `native`, `cloudevent`, `segment/<call>`. Null: a row from before this was told, or a record of the log. */
            readonly format: string | null;
            readonly attempts: number;
            /** @enum {string} */
            readonly state: "open" | "replayed";
            readonly replayed_at: string | null;
            /** @description Of the replay. */
            readonly receipt: string | null;
        };
        /** @description Open rows that all of it is true of. Rows with three attempts are left out: replay them one by one. */
        readonly BulkReplay: {
            /** @description Only rows refused for this reason, by their newest attempt. */
            readonly code?: string;
            /** @description Only events of this type. */
            readonly type?: string;
            /** @description Only events whose type belongs to this pack. */
            readonly pack?: string;
            /**
             * Format: date-time
             * @description Received at or after.
             */
            readonly since?: string;
            /**
             * Format: date-time
             * @description Received before; default: before the job was asked for.
             */
            readonly until?: string;
            /** @description A JSON Merge Patch (RFC 7396) on each event as it came, for example `{"data": {"unit": "count", "note": null}}`. It cannot change the id. */
            readonly correction?: {
                readonly [key: string]: unknown;
            };
        };
        /** @description Seen by the key that asked for it and by keys with tenant:admin. */
        readonly Job: {
            /** Format: uuid */
            readonly job_id: string;
            readonly kind: string;
            /** @enum {string} */
            readonly status: "queued" | "processing" | "completed" | "failed" | "cancelled";
            /** @description Null while it is not known of how much. */
            readonly progress_pct: number | null;
            /** @description `done` of `total`, and what became of them. */
            readonly progress: {
                readonly [key: string]: number;
            };
            /** @description Begun so far; after three that failed the job fails. */
            readonly attempts: number;
            /** @description Of a failed job. */
            readonly error_code: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly submitted_at: string;
            readonly started_at: string | null;
            readonly finished_at: string | null;
            /** @description When the job and its result are gone. */
            readonly expires_at: string | null;
            readonly poll_url: string;
            /** @description Where the result is; null: there is none yet. */
            readonly result_url: string | null;
        };
        /** @description As the kind of the job says; of `query.answer` the `answer` as its route gives it, and `about`: pseudonyms of those whose rows it holds. */
        readonly JobResult: {
            readonly [key: string]: unknown;
        };
        /** @description A pack: the members of pack.yaml, as JSON or as YAML. */
        readonly Pack: {
            readonly [key: string]: unknown;
        };
        /** @description `changed` is false where the same pack was in place already. */
        readonly PackApplied: {
            readonly pack: string;
            readonly version: number;
            readonly changed: boolean;
            readonly metrics: {
                readonly [key: string]: number;
            };
            /** @description Metrics whose new version is made of raw events first; questions are answered from the one before until then. */
            readonly making: readonly string[];
        };
        readonly PackDiff: {
            readonly pack: string;
            readonly version: number;
            readonly changed: boolean;
            readonly metrics: readonly {
                readonly metric: string;
                /**
                 * @description `back`: to a version that is folded still.
                 * @enum {string}
                 */
                readonly change: "same" | "new" | "changed" | "back" | "removed";
                /** @description The version that questions are answered from now. */
                readonly from: number | null;
                readonly to: number | null;
                readonly making: boolean;
                /** @description Members of the definition that differ. */
                readonly parts: readonly string[];
            }[];
            readonly events: readonly {
                readonly type: string;
                /** @enum {string} */
                readonly change: "new" | "changed" | "removed";
                readonly parts: readonly string[];
            }[];
        };
        /** @description What the newest events give by the definition in place and by the new one; nothing is written. */
        readonly PackPreview: {
            readonly pack: string;
            readonly metrics: readonly {
                readonly metric: string;
                /** @description Raw events that were folded. */
                readonly events: number;
                readonly grain: string | null;
                readonly old: {
                    /** @description Null: it has none yet. */
                    readonly version: number | null;
                    readonly columns: readonly ({
                        readonly name: string;
                        readonly type: string;
                    } & {
                        readonly [key: string]: unknown;
                    })[];
                    readonly rows: readonly (readonly unknown[])[];
                } | null;
                readonly new: {
                    /** @description Null: it has none yet. */
                    readonly version: number | null;
                    readonly columns: readonly ({
                        readonly name: string;
                        readonly type: string;
                    } & {
                        readonly [key: string]: unknown;
                    })[];
                    readonly rows: readonly (readonly unknown[])[];
                } | null;
            }[];
        };
        readonly EventTypeDefinition: {
            readonly event_type: string;
            /** @description As in a pack: type, bounds, values, unit, `dimension`, `sensitive`. */
            readonly fields: {
                readonly [key: string]: {
                    readonly [key: string]: unknown;
                };
            };
            /** @description Metrics over events of this type: `dimensions`, `measures`, and the other members of a metric of a pack. */
            readonly metrics?: {
                readonly [key: string]: {
                    readonly [key: string]: unknown;
                };
            };
        } & {
            readonly [key: string]: unknown;
        };
        /** @description In place in the pack of what the tenant defines; `version` is that of the pack. */
        readonly EventTypeDefined: {
            readonly event_type: string;
            readonly pack: string;
            readonly version: number;
            readonly changed: boolean;
            readonly metrics: {
                readonly [key: string]: number;
            };
            /** @description Metrics whose new version is made of raw events first; questions are answered from the one before until then. */
            readonly making: readonly string[];
        };
        /** @description The whole definition; beside these the members of an event type of a pack. */
        readonly EventTypeChange: {
            /** @description As in a pack: type, bounds, values, unit, `dimension`, `sensitive`. */
            readonly fields: {
                readonly [key: string]: {
                    readonly [key: string]: unknown;
                };
            };
            /** @description Metrics over events of this type: `dimensions`, `measures`, and the other members of a metric of a pack. */
            readonly metrics?: {
                readonly [key: string]: {
                    readonly [key: string]: unknown;
                };
            };
        } & {
            readonly [key: string]: unknown;
        };
        readonly LoginRequest: {
            readonly username?: string;
            readonly email?: string;
            readonly password: string;
            /** @description Whose user it is; absent: of `LOGIN_TENANT`. */
            readonly tenant?: string;
        };
        readonly Session: {
            readonly access_token: string;
            /** @constant */
            readonly token_type: "bearer";
            /** @constant */
            readonly expires_in: 1800;
            /** @description Good for one use. Used twice it ends the session. */
            readonly refresh_token: string;
            /**
             * Format: date-time
             * @description End of the session; refreshing does not move it.
             */
            readonly refresh_expires_at: string;
        };
        /** @description Further members are those of the write of the pack that registers persons. */
        readonly RegisterRequest: {
            /** @description Compared without case. */
            readonly username: string;
            /** Format: email */
            readonly email: string;
            readonly password: string;
        } & {
            readonly [key: string]: unknown;
        };
        readonly Registered: {
            /** @description Of the user, and the subject of the events about the person. */
            readonly id: string;
        } & {
            readonly [key: string]: unknown;
        };
        readonly RefreshRequest: {
            readonly refresh_token: string;
        };
        readonly UserRequest: {
            /** @description Compared without case. */
            readonly username: string;
            /** @default null */
            readonly email?: string | null;
            /** @description At least 8 characters, of them an upper case letter, a digit and a special character; at most 72 bytes. */
            readonly password: string;
            /** @description Names of roles; `GET /v1/admin/roles` lists them. */
            readonly roles: readonly ("admin" | "operator" | "privacy_officer" | "analyst" | "viewer" | "person")[];
            /**
             * @description The id that events name the person by. Never changed: make another user.
             * @default null
             */
            readonly subject?: string | null;
        };
        readonly User: {
            readonly id: string;
            readonly tenant: string;
            readonly username: string;
            readonly email: string | null;
            readonly roles: readonly string[];
            readonly scopes: readonly string[];
            readonly subject: string | null;
            /** @enum {string} */
            readonly state: "active" | "disabled";
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly created_at: string;
            readonly disabled_at: string | null;
        };
        /** @description A new password and disabling end all sessions of the user; new roles end access tokens. */
        readonly UserChange: {
            /** @description Names of roles; `GET /v1/admin/roles` lists them. */
            readonly roles?: readonly ("admin" | "operator" | "privacy_officer" | "analyst" | "viewer" | "person")[];
            readonly password?: string;
            /** @enum {string} */
            readonly state?: "active" | "disabled";
        };
        readonly KeyCreated: {
            readonly id: string;
            readonly tenant: string;
            /** @description How the secret begins. */
            readonly prefix: string;
            readonly name: string;
            /** @enum {string} */
            readonly kind: "live" | "pub";
            readonly scopes: readonly string[];
            /** @description The only routes that it may call; null: all that its scopes open. */
            readonly routes: readonly string[] | null;
            /** @description Groups of fewer persons are withheld from it; null: none is. */
            readonly k: number | null;
            readonly last4: string;
            /** @enum {string} */
            readonly state: "active" | "expired" | "revoked";
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly created_at: string;
            readonly expires_at: string | null;
            readonly revoked_at: string | null;
            /** @description When it got its newest secret; null: with the key. */
            readonly rotated_at: string | null;
            /** @description How long secrets from before a rotation are taken still; null: none is. */
            readonly earlier_until: string | null;
            /** @description Written twice a minute; null: never. */
            readonly last_used_at: string | null;
            /** @description The secret; shown this once. */
            readonly key: string;
        };
        readonly Key: {
            readonly id: string;
            readonly tenant: string;
            /** @description How the secret begins. */
            readonly prefix: string;
            readonly name: string;
            /** @enum {string} */
            readonly kind: "live" | "pub";
            readonly scopes: readonly string[];
            /** @description The only routes that it may call; null: all that its scopes open. */
            readonly routes: readonly string[] | null;
            /** @description Groups of fewer persons are withheld from it; null: none is. */
            readonly k: number | null;
            readonly last4: string;
            /** @enum {string} */
            readonly state: "active" | "expired" | "revoked";
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly created_at: string;
            readonly expires_at: string | null;
            readonly revoked_at: string | null;
            /** @description When it got its newest secret; null: with the key. */
            readonly rotated_at: string | null;
            /** @description How long secrets from before a rotation are taken still; null: none is. */
            readonly earlier_until: string | null;
            /** @description Written twice a minute; null: never. */
            readonly last_used_at: string | null;
        };
        readonly TokenRequest: {
            /**
             * @description Names of the metrics that it shows; null, where it shows one person: all of that person, rows too.
             * @default null
             */
            readonly metrics?: readonly string[] | null;
            /**
             * @description By dimension, the values that it shows. A metric that lacks one of these dimensions is not answered.
             * @default {}
             */
            readonly where?: {
                readonly [key: string]: readonly (string | number | boolean)[];
            };
            /**
             * @description The plain id of the one person that it shows.
             * @default null
             */
            readonly subject?: string | null;
            /** @description Groups of fewer persons are withheld from it; of a key that has a `k` at least that, whatever is asked. */
            readonly k?: number;
            /**
             * @description Of askQuestion, askKept, askBatch, readView, listMetrics, readMetric, readReceipt and views of packs (`studyin.overview`) those that it may call; null: all.
             * @default null
             */
            readonly routes?: readonly string[] | null;
            /** @default 1800 */
            readonly expires_in_s?: number;
        };
        readonly Token: {
            readonly access_token: string;
            /** @constant */
            readonly token_type: "bearer";
            readonly expires_in: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly expires_at: string;
        };
        readonly IssuerRequest: {
            readonly name: string;
            /**
             * Format: uri
             * @description `iss` of its tokens, letter by letter.
             */
            readonly issuer: string;
            /** @description One of them must stand in `aud`. */
            readonly audiences: readonly string[];
            /**
             * Format: uri
             * @description Where its keys are read: https.
             */
            readonly jwks_uri: string;
            /**
             * @default [
             *       "RS256",
             *       "ES256",
             *       "EdDSA"
             *     ]
             */
            readonly algorithms?: readonly ("RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA")[];
            /**
             * @description Which claim names the person.
             * @default sub
             */
            readonly subject_claim?: string;
            /**
             * @description Scopes of every token.
             * @default []
             */
            readonly scopes?: readonly string[];
            /**
             * @description Which claim holds words for rights.
             * @default scope
             */
            readonly scopes_claim?: string | null;
            /**
             * @description Which scopes each of those words gives; a word that does not stand here gives none.
             * @default {}
             */
            readonly scopes_by_word?: {
                readonly [key: string]: readonly string[];
            };
            /**
             * @description Where one issuer serves several tenants: what makes a token this one's.
             * @default null
             */
            readonly tenant_claim?: {
                readonly claim: string;
                readonly value: string;
            } | null;
        };
        readonly Issuer: {
            readonly name: string;
            /**
             * Format: uri
             * @description `iss` of its tokens, letter by letter.
             */
            readonly issuer: string;
            /** @description One of them must stand in `aud`. */
            readonly audiences: readonly string[];
            /**
             * Format: uri
             * @description Where its keys are read: https.
             */
            readonly jwks_uri: string;
            /**
             * @default [
             *       "RS256",
             *       "ES256",
             *       "EdDSA"
             *     ]
             */
            readonly algorithms: readonly ("RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA")[];
            /**
             * @description Which claim names the person.
             * @default sub
             */
            readonly subject_claim: string;
            /**
             * @description Scopes of every token.
             * @default []
             */
            readonly scopes: readonly string[];
            /**
             * @description Which claim holds words for rights.
             * @default scope
             */
            readonly scopes_claim: string | null;
            /**
             * @description Which scopes each of those words gives; a word that does not stand here gives none.
             * @default {}
             */
            readonly scopes_by_word: {
                readonly [key: string]: readonly string[];
            };
            /**
             * @description Where one issuer serves several tenants: what makes a token this one's.
             * @default null
             */
            readonly tenant_claim: {
                readonly claim: string;
                readonly value: string;
            } | null;
            readonly tenant: string;
        };
        readonly Limits: {
            readonly limits: readonly {
                readonly policy: string;
                /** @enum {string} */
                readonly scope: "ip" | "network" | "auth_failure" | "global" | "tenant" | "user" | "api_key" | "endpoint" | "account";
                /**
                 * @description `shadow`: counted, never a reason to refuse.
                 * @enum {string}
                 */
                readonly mode: "enforce" | "shadow";
                /** @description Who said so last: shipped, settings, installation, a pack, a tier, the tenant, the key. */
                readonly source: string;
                readonly limit: number;
                readonly window_s: number;
                readonly burst: number;
                readonly remaining: number;
                /** @description Epoch seconds at which it is full again. */
                readonly reset: number;
                /** @description Seconds until it has enough for the request; 0 where it has. */
                readonly wait_s: number;
            }[];
        };
        /** @description A request of the caller that is not made. */
        readonly LimitsExplainRequest: {
            /** @enum {string} */
            readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
            readonly path: string;
        };
        readonly LimitsExplained: {
            readonly class: string;
            readonly class_source: string;
            /** @description Tokens that it takes of each level. */
            readonly cost: number;
            readonly would_pass: boolean;
            /** @description The first policy that would refuse, in the order of the levels. */
            readonly decided_by: string | null;
            readonly levels: readonly {
                readonly policy: string;
                /** @enum {string} */
                readonly scope: "ip" | "network" | "auth_failure" | "global" | "tenant" | "user" | "api_key" | "endpoint" | "account";
                /**
                 * @description `shadow`: counted, never a reason to refuse.
                 * @enum {string}
                 */
                readonly mode: "enforce" | "shadow";
                /** @description Who said so last: shipped, settings, installation, a pack, a tier, the tenant, the key. */
                readonly source: string;
                readonly limit: number;
                readonly window_s: number;
                readonly burst: number;
                readonly remaining: number;
                /** @description Epoch seconds at which it is full again. */
                readonly reset: number;
                /** @description Seconds until it has enough for the request; 0 where it has. */
                readonly wait_s: number;
            }[];
        };
        readonly LimitsReplayRequest: {
            /** @description The candidate, in place of what the tenant has set. */
            readonly limits: {
                /** @default {} */
                readonly policies?: {
                    readonly [key: string]: {
                        /** @enum {string} */
                        readonly scope?: "ip" | "network" | "auth_failure" | "global" | "tenant" | "user" | "api_key" | "endpoint" | "account";
                        readonly limit?: number;
                        readonly window_s?: number;
                        readonly burst?: number;
                        /** @enum {string} */
                        readonly mode?: "enforce" | "shadow" | "off";
                        /** @enum {string} */
                        readonly without_redis?: "open" | "local" | "closed";
                    };
                };
                /** @default [] */
                readonly classes?: readonly {
                    readonly class: string;
                    readonly routes: readonly string[];
                    readonly policies: readonly string[];
                    readonly cost?: number;
                }[];
                /** @default {} */
                readonly keys?: {
                    readonly [key: string]: {
                        readonly policies: {
                            readonly [key: string]: {
                                /** @enum {string} */
                                readonly scope?: "ip" | "network" | "auth_failure" | "global" | "tenant" | "user" | "api_key" | "endpoint" | "account";
                                readonly limit?: number;
                                readonly window_s?: number;
                                readonly burst?: number;
                                /** @enum {string} */
                                readonly mode?: "enforce" | "shadow" | "off";
                                /** @enum {string} */
                                readonly without_redis?: "open" | "local" | "closed";
                            };
                        };
                    };
                };
            };
            /**
             * @description Seconds back from now.
             * @default 3600
             */
            readonly last_s?: number;
        };
        readonly LimitsReplayed: {
            /** Format: date-time */
            readonly from: string;
            /** Format: date-time */
            readonly to: string;
            /** @description False: a record of the stretch is missing, or there were more callers than a record names; then there was more than this. */
            readonly is_complete: boolean;
            readonly requests: number;
            /** @description As it was. */
            readonly refused: number;
            /** @description As the candidate would have had it. */
            readonly would_refuse: number;
            readonly classes: readonly {
                readonly class: string;
                readonly requests: number;
                /** @description As it was. */
                readonly refused: number;
                /** @description As the candidate would have had it. */
                readonly would_refuse: number;
            }[];
            readonly policies: readonly {
                readonly policy: string;
                /** @description As it was. */
                readonly refused: number;
                /** @description As the candidate would have had it. */
                readonly would_refuse: number;
            }[];
            readonly callers_hit: number;
            /** @description Those that would have been refused, most first; at most 100. */
            readonly callers: readonly {
                readonly key: string | null;
                /** @description Keyed hash of a signed-in user, as in the decisions topic. */
                readonly user: string | null;
                readonly route: string;
                readonly requests: number;
                /** @description As it was. */
                readonly refused: number;
                /** @description As the candidate would have had it. */
                readonly would_refuse: number;
                /** @description Which would have refused most of it. */
                readonly policy: string;
                /** Format: date-time */
                readonly first_at: string;
            }[];
        };
        readonly Origins: {
            /** @description Pages that may read answers; `*`: all. */
            readonly origins: readonly string[];
        };
        readonly InstallationLimits: {
            /** @default {} */
            readonly policies?: {
                readonly [key: string]: {
                    /** @enum {string} */
                    readonly scope?: "ip" | "network" | "auth_failure" | "global" | "tenant" | "user" | "api_key" | "endpoint" | "account";
                    readonly limit?: number;
                    readonly window_s?: number;
                    readonly burst?: number;
                    /** @enum {string} */
                    readonly mode?: "enforce" | "shadow" | "off";
                    /** @enum {string} */
                    readonly without_redis?: "open" | "local" | "closed";
                };
            };
            /** @default [] */
            readonly classes?: readonly {
                readonly class: string;
                readonly routes: readonly string[];
                readonly policies: readonly string[];
                readonly cost?: number;
                /** @enum {string} */
                readonly before?: "always" | "without_key" | "never";
            }[];
            /** @default {} */
            readonly tiers?: {
                readonly [key: string]: {
                    readonly policies: {
                        readonly [key: string]: {
                            /** @enum {string} */
                            readonly scope?: "ip" | "network" | "auth_failure" | "global" | "tenant" | "user" | "api_key" | "endpoint" | "account";
                            readonly limit?: number;
                            readonly window_s?: number;
                            readonly burst?: number;
                            /** @enum {string} */
                            readonly mode?: "enforce" | "shadow" | "off";
                            /** @enum {string} */
                            readonly without_redis?: "open" | "local" | "closed";
                        };
                    };
                };
            };
            /** @default {} */
            readonly tenants?: {
                readonly [key: string]: string;
            };
        };
        readonly TenantLimits: {
            /** @default {} */
            readonly policies?: {
                readonly [key: string]: {
                    /** @enum {string} */
                    readonly scope?: "ip" | "network" | "auth_failure" | "global" | "tenant" | "user" | "api_key" | "endpoint" | "account";
                    readonly limit?: number;
                    readonly window_s?: number;
                    readonly burst?: number;
                    /** @enum {string} */
                    readonly mode?: "enforce" | "shadow" | "off";
                    /** @enum {string} */
                    readonly without_redis?: "open" | "local" | "closed";
                };
            };
            /** @default [] */
            readonly classes?: readonly {
                readonly class: string;
                readonly routes: readonly string[];
                readonly policies: readonly string[];
                readonly cost?: number;
            }[];
            /** @default {} */
            readonly keys?: {
                readonly [key: string]: {
                    readonly policies: {
                        readonly [key: string]: {
                            /** @enum {string} */
                            readonly scope?: "ip" | "network" | "auth_failure" | "global" | "tenant" | "user" | "api_key" | "endpoint" | "account";
                            readonly limit?: number;
                            readonly window_s?: number;
                            readonly burst?: number;
                            /** @enum {string} */
                            readonly mode?: "enforce" | "shadow" | "off";
                            /** @enum {string} */
                            readonly without_redis?: "open" | "local" | "closed";
                        };
                    };
                };
            };
        };
        /** @description An access, and its place in the chain. */
        readonly Audited: {
            /**
             * Format: date-time
             * @description Of the first of so many accesses that differ in nothing but time.
             */
            readonly timestamp: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly last_at: string;
            readonly tenant: string;
            /** @description Id of a key or a user; `-`: nobody was known. */
            readonly actor: string;
            readonly role: string;
            readonly action: string;
            readonly resource_type: string;
            readonly resource_id: string | null;
            /** @description Pseudonym of the person whose rows were shown; `*`: several. */
            readonly subject: string | null;
            /** @description Sealed fields of that person that were shown opened. */
            readonly opened?: readonly string[];
            /** @description Of the answer; null: an admin was let in to change something, and what became of it is another record of this `request_id`. */
            readonly status_code: number | null;
            readonly route: string;
            readonly trace_id: string;
            readonly request_id: string;
            readonly accesses: number;
            /** @description Place in the chain of the tenant. */
            readonly no: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly kept_at: string;
            /** @description 32 bytes, hex. */
            readonly prev_hash: string;
            /** @description 32 bytes, hex. */
            readonly hash: string;
            /** @description 32 bytes, hex. */
            readonly signature: string;
        } & {
            readonly [key: string]: unknown;
        };
        readonly AuditVerified: {
            /** @enum {string} */
            readonly state: "whole" | "broken";
            /** @description Records up to this one were kept for seven years and are gone. */
            readonly base_no: number;
            readonly last_no: number;
            /** @description Write it down with `last_no`, elsewhere: `seen` asks for it later. */
            readonly last_hash: string;
            readonly checked: number;
            /** @description Where to go on; null: all is checked. */
            readonly next_from: number | null;
            /** @description At most 100. */
            readonly findings: readonly {
                readonly no: number;
                /** @enum {string} */
                readonly fault: "altered" | "unlinked" | "missing" | "misplaced" | "unsigned" | "end_missing" | "end_unsigned" | "total_differs" | "seen_differs";
                readonly meaning: string;
            }[];
        };
        readonly Recount: {
            readonly metric: string;
            readonly version: number;
            /**
             * @description `clean` and `drift`: what the latest recount found. `waiting` and `running`: one was asked for and is not done. `never`: none is done yet.
             * @enum {string}
             */
            readonly state: "never" | "waiting" | "running" | "clean" | "drift";
            readonly partitions: number;
            readonly partitions_done: number;
            /** @description Of the recount, 0 to 1. */
            readonly share: number;
            /** @description Event days that were compared, of each partition. */
            readonly days: number;
            /** @description Event days whose raw events are not all kept: nothing can be said of them. */
            readonly days_unkept: number;
            /** @description Of the finest grain; closed ones. */
            readonly buckets: number;
            readonly cells: number;
            /** @description Passed over because an event came for them meanwhile. */
            readonly cells_moved: number;
            /** @description Cells that were not what the raw events give. */
            readonly drift: number;
            readonly repaired: number;
            readonly started_at: string | null;
            readonly finished_at: string | null;
            /** @description The last request that every partition has answered; 0: none. */
            readonly request_no: number;
        };
        readonly Drift: {
            readonly metric: string;
            readonly version: number;
            readonly partition: number;
            /** @enum {string} */
            readonly grain: "minute" | "quarter_hour" | "hour" | "day";
            /**
             * Format: date-time
             * @description Its start.
             */
            readonly bucket: string;
            /** @description Its pseudonym. */
            readonly subject: string | null;
            readonly dimensions: {
                readonly [key: string]: string | null;
            };
            /** @enum {string} */
            readonly kind: "differs" | "missing" | "stray" | "unreadable";
            /** @description Values by measure; null: there should be no cell. */
            readonly expected: unknown;
            /** @description The same; null: there was none that could be read. */
            readonly found: unknown;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly found_at: string;
            /** @description Null: the cell had changed meanwhile; a later recount finds it again. */
            readonly repaired_at: string | null;
        };
        /** @description All that is held about a person. */
        readonly PersonExport: {
            /** Format: uuid */
            readonly export_id: string;
            /** @description The id, as the caller named it. */
            readonly subject: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly generated_at: string;
            /** @description What belongs to no pack: events of types that are given up, refused events, accesses by routes of the engine. */
            readonly other: {
                readonly events: readonly {
                    readonly [key: string]: unknown;
                }[];
                readonly rejected: readonly {
                    readonly [key: string]: unknown;
                }[];
                readonly audit_access: readonly {
                    readonly [key: string]: unknown;
                }[];
            };
            readonly packs?: {
                readonly [key: string]: {
                    readonly profile: {
                        readonly [key: string]: unknown;
                    } | null;
                    readonly entities?: {
                        readonly [key: string]: readonly {
                            readonly [key: string]: unknown;
                        }[];
                    };
                    /** @description By type and time; sealed fields are opened. */
                    readonly events: readonly {
                        readonly [key: string]: unknown;
                    }[];
                    /** @description Figures of series of the person’s own, by day in UTC. */
                    readonly rollups: readonly {
                        readonly [key: string]: unknown;
                    }[];
                    readonly insights: readonly {
                        readonly [key: string]: unknown;
                    }[];
                    /** @description Who had to do with it, newest first. */
                    readonly audit_access: readonly {
                        readonly [key: string]: unknown;
                    }[];
                };
            };
            /** @description Values whose key is not there any more; absent: none. */
            readonly sealed_values_left?: number;
        };
        readonly ExportState: {
            /** Format: uuid */
            readonly export_id: string;
            /** @enum {string} */
            readonly status: "queued" | "processing" | "completed" | "failed" | "cancelled";
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly requested_at: string;
            readonly error_code: string | null;
            readonly poll_url: string;
            readonly bytes: number | null;
            /** @description Whoever has it fetches the export, without a key, until `expires_at`; null: it is being made. */
            readonly url: string | null;
            readonly expires_at: string | null;
        };
        readonly NamedSubject: {
            readonly pseudonym: string;
            /** @description The id of the person, as events have it. */
            readonly subject: string;
        };
        readonly Erasure: {
            /** Format: uuid */
            readonly request_id: string;
            /**
             * @description `requested`: taken, nothing is gone yet. `erasing`: no event of the person is counted any more, and the key of what was sealed is gone. `erased`: nothing can be asked any more. `final`: the archive and the log hold nothing either.
             * @enum {string}
             */
            readonly state: "requested" | "erasing" | "erased" | "final";
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly requested_at: string;
            /**
             * Format: date-time
             * @description 24 hours after the request.
             */
            readonly deadline: string;
            readonly erased_at: string | null;
            /** @description When each was done. */
            readonly places: {
                /** @description Raw events, entities, figures, series. */
                readonly events: string | null;
                /** @description Originals of refused events, and whoever signs in as the person. */
                readonly originals: string | null;
                readonly cache: string | null;
                /** @description Done by `tidegate archive run`; null as well where nothing was ever archived. */
                readonly archive: string | null;
            };
        };
        readonly ErasureCertificate: {
            /** Format: uuid */
            readonly request_id: string;
            /** @description The pseudonym: nobody can make the id of it. The tenant can make it of the id again, so that later events can be refused. */
            readonly subject: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly requested_at: string;
            /**
             * Format: date-time
             * @description From when on nothing can be asked any more.
             */
            readonly erased_at: string;
            /** @description From when on the log holds nothing either; null: the archive is yet to be done. */
            readonly final_at: string | null;
            readonly places: {
                /** @description Raw events, entities, figures, series. */
                readonly events: string | null;
                /** @description Originals of refused events, and whoever signs in as the person. */
                readonly originals: string | null;
                readonly cache: string | null;
                /** @description Done by `tidegate archive run`; null as well where nothing was ever archived. */
                readonly archive: string | null;
            };
            /** @description How much of what was taken away. */
            readonly removed: {
                readonly [key: string]: number;
            };
            /** @description What stays, and why. */
            readonly kept: readonly string[];
            /** @description Raw events that occurred before it were gone already: what they had added to figures of many stays there. Null: none were. */
            readonly figures_before: string | null;
        };
        /** @description The erasure of one’s own data. */
        readonly OwnErasure: {
            /** Format: uuid */
            readonly request_id: string;
            /**
             * @description `requested`: taken, nothing is gone yet. `erasing`: no event of the person is counted any more, and the key of what was sealed is gone. `erased`: nothing can be asked any more. `final`: the archive and the log hold nothing either.
             * @enum {string}
             */
            readonly status: "requested" | "erasing" | "erased" | "final";
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly requested_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly completes_by: string;
        };
        /** @description At least one of `events` and `rollups`. */
        readonly WarehouseAsk: {
            /**
             * Format: date
             * @description First day, in UTC.
             */
            readonly from?: string;
            /**
             * Format: date
             * @description The day behind the last one; default: today, so that all days are over.
             */
            readonly to?: string;
            /** @description Instead of both: so many days before today, as in `1d`. */
            readonly last?: string;
            /**
             * @default parquet
             * @enum {string}
             */
            readonly format?: "parquet" | "csv" | "ndjson";
            /** @description Event types whose counted events are exported; needs the scope events:read. */
            readonly events?: "all" | readonly string[];
            /** @description Metrics whose figures are exported, by all dimensions that they are kept by. */
            readonly rollups?: "all" | readonly string[];
            /**
             * @description Of the figures.
             * @default day
             * @enum {string}
             */
            readonly grain?: "hour" | "day";
        };
        readonly WarehouseExport: {
            /** Format: uuid */
            readonly export_id: string;
            /** @enum {string} */
            readonly status: "queued" | "processing" | "completed" | "failed" | "cancelled";
            readonly progress_pct: number | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly requested_at: string;
            readonly error_code: string | null;
            readonly poll_url: string;
            /** @description DELETE cancels it. */
            readonly job_url: string;
            /** @description Where its files and its manifest lie, within the store. */
            readonly location: string;
            readonly files: number;
            readonly rows: number;
            readonly bytes: number;
            /** @description Null: it is not whole. */
            readonly manifest_url: string | null;
            /** @description When its files are deleted. */
            readonly expires_at: string | null;
        };
        /** @description Written last: where it is, all files that it names are. */
        readonly WarehouseManifest: {
            /** @constant */
            readonly v: 1;
            /** Format: uuid */
            readonly export_id: string;
            readonly tenant: string;
            readonly format: string;
            /** Format: date */
            readonly from: string;
            /** Format: date */
            readonly to: string;
            /** @constant */
            readonly zone: "UTC";
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly generated_at: string;
            readonly rows: number;
            readonly tables: readonly {
                /** @description Path of its folder; below it one folder for each date. */
                readonly name: string;
                /** @enum {string} */
                readonly kind: "events" | "rollups";
                readonly type?: string;
                readonly metric?: string;
                readonly metric_version?: number;
                readonly group_by?: readonly string[];
                readonly grain?: string;
                readonly rows: number;
                readonly complete_through: string | null;
            }[];
            readonly files: readonly {
                /** @description Below the folder of the manifest. */
                readonly path: string;
                readonly table: string;
                /** Format: date */
                readonly date: string;
                readonly rows: number;
                readonly bytes: number;
                readonly sha256: string;
            }[];
        };
        /** @description Accepted events that were gone from the log before they were counted. */
        readonly Gap: {
            /** @description Its name: lane, partition, generation of the log, first offset that is gone. */
            readonly gap: string;
            /** @enum {string} */
            readonly lane: "live" | "backfill";
            readonly partition: number;
            readonly log_generation: number;
            readonly from_offset: string;
            /** @description The first offset that is there again. */
            readonly to_offset: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            readonly found_at: string;
            /** @description Who has read of it; from then on answers are not `incomplete` for it. */
            readonly acknowledged: {
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC, milliseconds.
                 */
                readonly at: string;
                /** @description Id of the key. */
                readonly by: string;
                readonly reason: string;
            } | null;
        };
        readonly Health: {
            /** @enum {string} */
            readonly status: "ok" | "degraded" | "draining";
            readonly version: string;
            readonly checks: {
                /**
                 * @description `degraded`: answers late, or did not the last time or two; `stopped`: did not three times in a row, or never did.
                 * @enum {string}
                 */
                readonly kafka: "connected" | "degraded" | "stopped";
                /**
                 * @description `degraded`: answers late, or did not the last time or two; `stopped`: did not three times in a row, or never did.
                 * @enum {string}
                 */
                readonly postgres: "connected" | "degraded" | "stopped";
                /**
                 * @description `degraded`: answers late, or did not the last time or two; `stopped`: did not three times in a row, or never did.
                 * @enum {string}
                 */
                readonly redis: "connected" | "degraded" | "stopped";
            };
            /** @description How far events are counted, on every partition, and when Postgres said so; null: it has not yet. */
            readonly progress: {
                readonly partitions: number;
                readonly complete_through: string | null;
                readonly as_of: string;
            } | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly sendEvents: {
        readonly parameters: {
            readonly query?: {
                readonly verdicts?: "all";
            };
            readonly header?: {
                readonly "Content-Encoding"?: "gzip" | "deflate" | "br" | "zstd";
                readonly "Idempotency-Key"?: string;
                readonly "ce-specversion"?: "1.0";
                readonly "X-Tidegate-Lane"?: "backfill";
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Event"] | readonly components["schemas"]["Event"][] | {
                    readonly events: readonly components["schemas"]["Event"][];
                };
                readonly "application/x-ndjson": components["schemas"]["Event"] | readonly components["schemas"]["Event"][] | {
                    readonly events: readonly components["schemas"]["Event"][];
                };
                readonly "application/cloudevents+json": components["schemas"]["CloudEvent"];
                readonly "application/cloudevents-batch+json": readonly components["schemas"]["CloudEvent"][];
            };
        };
        readonly responses: {
            /** @description All accepted: in the log, on all in-sync replicas. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
            /** @description Some accepted, some not. */
            readonly 207: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly segmentTrack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "X-Tidegate-Lane"?: "backfill";
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SegmentMessage"];
                readonly "text/plain": components["schemas"]["SegmentMessage"];
            };
        };
        readonly responses: {
            /** @description All accepted: in the log, on all in-sync replicas. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
            /** @description Some accepted, some not. */
            readonly 207: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly segmentIdentify: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "X-Tidegate-Lane"?: "backfill";
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SegmentMessage"];
                readonly "text/plain": components["schemas"]["SegmentMessage"];
            };
        };
        readonly responses: {
            /** @description All accepted: in the log, on all in-sync replicas. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
            /** @description Some accepted, some not. */
            readonly 207: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly segmentPage: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "X-Tidegate-Lane"?: "backfill";
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SegmentMessage"];
                readonly "text/plain": components["schemas"]["SegmentMessage"];
            };
        };
        readonly responses: {
            /** @description All accepted: in the log, on all in-sync replicas. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
            /** @description Some accepted, some not. */
            readonly 207: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly segmentScreen: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "X-Tidegate-Lane"?: "backfill";
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SegmentMessage"];
                readonly "text/plain": components["schemas"]["SegmentMessage"];
            };
        };
        readonly responses: {
            /** @description All accepted: in the log, on all in-sync replicas. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
            /** @description Some accepted, some not. */
            readonly 207: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly segmentGroup: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "X-Tidegate-Lane"?: "backfill";
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SegmentMessage"];
                readonly "text/plain": components["schemas"]["SegmentMessage"];
            };
        };
        readonly responses: {
            /** @description All accepted: in the log, on all in-sync replicas. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
            /** @description Some accepted, some not. */
            readonly 207: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly segmentAlias: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "X-Tidegate-Lane"?: "backfill";
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SegmentMessage"];
                readonly "text/plain": components["schemas"]["SegmentMessage"];
            };
        };
        readonly responses: {
            /** @description All accepted: in the log, on all in-sync replicas. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
            /** @description Some accepted, some not. */
            readonly 207: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly segmentBatch: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "X-Tidegate-Lane"?: "backfill";
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly batch: readonly components["schemas"]["SegmentMessage"][];
                    /**
                     * Format: date-time
                     * @description RFC 3339, UTC, milliseconds.
                     */
                    readonly sentAt?: string;
                } & {
                    readonly [key: string]: unknown;
                };
                readonly "text/plain": {
                    readonly batch: readonly components["schemas"]["SegmentMessage"][];
                    /**
                     * Format: date-time
                     * @description RFC 3339, UTC, milliseconds.
                     */
                    readonly sentAt?: string;
                } & {
                    readonly [key: string]: unknown;
                };
            };
        };
        readonly responses: {
            /** @description All accepted: in the log, on all in-sync replicas. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
            /** @description Some accepted, some not. */
            readonly 207: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly readEventStats: {
        readonly parameters: {
            readonly query?: {
                readonly minutes?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Counts by type, rates and lag of the last minutes. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["StreamStatistics"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly readRecentEvents: {
        readonly parameters: {
            readonly query?: {
                readonly type?: string;
                readonly from?: string;
                readonly to?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description All of them with events:read; a person’s token is shown the person’s own. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["RecentEvents"];
                };
            };
        };
    };
    readonly readEvent: {
        readonly parameters: {
            readonly query?: {
                readonly source?: string;
                readonly subject?: string;
                readonly receipt?: string;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Whether it is counted, and where it lies. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["EventState"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly readReceipt: {
        readonly parameters: {
            readonly query?: {
                readonly wait_ms?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path: {
                readonly receipt: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description How far the events are counted. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ReceiptState"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly askKept: {
        readonly parameters: {
            readonly query: {
                readonly q: string;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The answer. `ETag` is of the rows and of what they were made from. Of `meta` the body holds what is the same whenever the rows are; all of it, made now, stands as JSON in the header `Tidegate-Meta`. `Cache-Control` follows `max_staleness_ms`. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["KeptAnswer"];
                    readonly "application/x-ndjson": components["schemas"]["KeptAnswer"];
                    readonly "text/csv": components["schemas"]["KeptAnswer"];
                    readonly "application/vnd.apache.parquet": components["schemas"]["KeptAnswer"];
                };
            };
            /** @description The answer is being made by a job; the same call has it once the job is completed. Of questions that read raw events and of views that say `background`, where the answer takes longer than `ANSWER_WITHIN_MS`; of others where the request says `Prefer: respond-async`. `Prefer: wait=<seconds>` waits longer. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Processing"];
                };
            };
            /** @description The answer that `If-None-Match` names is what would be sent now. `Tidegate-Meta` says how fresh it is. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly askQuestion: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Question"] | (components["schemas"]["TrendQuestion"] | components["schemas"]["AnomaliesQuestion"] | components["schemas"]["ForecastQuestion"] | components["schemas"]["CorrelateQuestion"] | components["schemas"]["CompareQuestion"] | components["schemas"]["DistributionQuestion"]) | (components["schemas"]["FunnelQuestion"] | components["schemas"]["RetentionQuestion"] | components["schemas"]["CohortQuestion"] | components["schemas"]["StratifyQuestion"] | components["schemas"]["SessionsQuestion"] | components["schemas"]["ExperimentQuestion"]);
            };
        };
        readonly responses: {
            /** @description The answer. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Answer"];
                    readonly "application/x-ndjson": components["schemas"]["Answer"];
                    readonly "text/csv": components["schemas"]["Answer"];
                    readonly "application/vnd.apache.parquet": components["schemas"]["Answer"];
                };
            };
            /** @description The answer is being made by a job; the same call has it once the job is completed. Of questions that read raw events and of views that say `background`, where the answer takes longer than `ANSWER_WITHIN_MS`; of others where the request says `Prefer: respond-async`. `Prefer: wait=<seconds>` waits longer. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Processing"];
                };
            };
        };
    };
    readonly watch: {
        readonly parameters: {
            readonly query?: {
                readonly q?: string;
                readonly job?: string;
                readonly view?: string;
                readonly events?: string;
                readonly limit?: number;
                readonly metric?: string;
                readonly kind?: "series" | "table" | "summary";
                readonly measures?: string;
                readonly group_by?: string;
                readonly grain?: string;
                readonly zone?: string;
                readonly last?: string;
                readonly from?: string;
                readonly to?: string;
                readonly subject?: string;
                readonly where?: string;
                readonly last_event_id?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A WebSocket (RFC 6455) where the client asks for one: JSON messages of the same, with `type` (`snapshot`, `update`, `ping`, `error`) and `id`. Without a query the client says what it watches: `{"op": "subscribe", "topic": "metric/{name}" | "view/{pack}/{view}" | "job/{id}" | "events" | "events/{type}", "params": {…}, "subscription"?, "last_event_id"?}` and `{"op": "unsubscribe", "subscription"}`; each is let in, limited and written down like this request with the same in its query, what is told names its `subscription`, and `error` holds a `reason` or the `problem`. A page offers its key or token as the subprotocol `tidegate.key.…` beside `tidegate.v1`. */
            readonly 101: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Events `snapshot` (`columns`, `rows`, `meta`), `update` (`rows` that changed, keys of `removed` ones, `meta`), `ping` every 25 s, and `error` with a `reason` before the stream ends. `Last-Event-ID` goes on after the event of that id, or begins with a snapshot. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly listFunnels: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Each with its question, which lacks a range. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly funnels: readonly components["schemas"]["NamedFunnel"][];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly askFunnel: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Funnel"];
            };
        };
        readonly responses: {
            /** @description The funnel. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Answer"];
                    readonly "application/x-ndjson": components["schemas"]["Answer"];
                    readonly "text/csv": components["schemas"]["Answer"];
                    readonly "application/vnd.apache.parquet": components["schemas"]["Answer"];
                };
            };
            /** @description The answer is being made by a job; the same call has it once the job is completed. Of questions that read raw events and of views that say `background`, where the answer takes longer than `ANSWER_WITHIN_MS`; of others where the request says `Prefer: respond-async`. `Prefer: wait=<seconds>` waits longer. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Processing"];
                };
            };
        };
    };
    readonly listExperiments: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Each with its variants and the question that asks for its result, once it has a range. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly experiments: readonly components["schemas"]["NamedExperiment"][];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly readExperiment: {
        readonly parameters: {
            readonly query?: {
                readonly from?: string;
                readonly to?: string;
                readonly last?: string;
                readonly days?: number;
                readonly as_of?: string;
                readonly zone?: string;
                readonly after?: string;
                readonly wait_ms?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly pack: string;
                readonly experiment: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description As its question is answered. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Answer"];
                    readonly "application/x-ndjson": components["schemas"]["Answer"];
                    readonly "text/csv": components["schemas"]["Answer"];
                    readonly "application/vnd.apache.parquet": components["schemas"]["Answer"];
                };
            };
            /** @description The answer is being made by a job; the same call has it once the job is completed. Of questions that read raw events and of views that say `background`, where the answer takes longer than `ANSWER_WITHIN_MS`; of others where the request says `Prefer: respond-async`. `Prefer: wait=<seconds>` waits longer. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Processing"];
                };
            };
        };
    };
    readonly readAssignment: {
        readonly parameters: {
            readonly query: {
                readonly subject: string;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path: {
                readonly pack: string;
                readonly experiment: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The same for as long as name and weights stay. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Assignment"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly askBatch: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly questions: readonly (components["schemas"]["Question"] | (components["schemas"]["TrendQuestion"] | components["schemas"]["AnomaliesQuestion"] | components["schemas"]["ForecastQuestion"] | components["schemas"]["CorrelateQuestion"] | components["schemas"]["CompareQuestion"] | components["schemas"]["DistributionQuestion"]) | (components["schemas"]["FunnelQuestion"] | components["schemas"]["RetentionQuestion"] | components["schemas"]["CohortQuestion"] | components["schemas"]["StratifyQuestion"] | components["schemas"]["SessionsQuestion"] | components["schemas"]["ExperimentQuestion"]))[];
                };
            };
        };
        readonly responses: {
            /** @description An answer or a problem for each question, in their order. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["BatchAnswers"];
                };
            };
        };
    };
    readonly readView: {
        readonly parameters: {
            readonly query?: {
                readonly after?: string;
                readonly wait_ms?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path: {
                readonly pack: string;
                readonly view: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The answer as the pack shapes it, with `meta` over all questions that it is made of. The scope is the one that the view declares; `GET /v1/packs/{pack}` lists views with their parameters. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ViewAnswer"];
                };
            };
            /** @description The answer is being made by a job; the same call has it once the job is completed. Of questions that read raw events and of views that say `background`, where the answer takes longer than `ANSWER_WITHIN_MS`; of others where the request says `Prefer: respond-async`. `Prefer: wait=<seconds>` waits longer. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Processing"];
                };
            };
            /** @description The answer that `If-None-Match` names is what would be sent now. `Tidegate-Meta` says how fresh it is. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly listInsights: {
        readonly parameters: {
            readonly query?: {
                readonly subject?: string;
                readonly insight?: string;
                readonly state?: "open" | "all";
                readonly limit?: number;
                readonly after?: string;
                readonly wait_ms?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly pack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Those that hold, by rank; with `state=all` those that held after them. Each needs the scope of its view. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Insights"];
                };
            };
        };
    };
    readonly listMetrics: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description All metrics of the tenant. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly metrics: readonly components["schemas"]["Metric"][];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly readMetric: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path: {
                readonly metric: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The metric. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Metric"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly listEventTypes: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Event types of all packs of the tenant, by name. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly event_types: readonly components["schemas"]["EventType"][];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly defineEventType: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["EventTypeDefinition"];
            };
        };
        readonly responses: {
            /** @description Defined; every service has it within 2 seconds. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["EventTypeDefined"];
                };
            };
        };
    };
    readonly listBudgets: {
        readonly parameters: {
            readonly query?: {
                readonly metric?: string;
                readonly days?: number;
                readonly spent?: "true";
                readonly limit?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Budgets of the tenant. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly budgets: readonly {
                            readonly metric: string;
                            readonly dimension: string;
                            /**
                             * Format: date
                             * @description UTC day on which the events occurred.
                             */
                            readonly day: string;
                            /** @description Values that have series of their own. */
                            readonly values: number;
                            readonly values_max: number;
                            /** @description Since when further values of the day are counted as `_other`. */
                            readonly spent_at: string | null;
                        }[];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly listRestatements: {
        readonly parameters: {
            readonly query?: {
                readonly metric?: string;
                readonly from?: string;
                readonly to?: string;
                readonly since?: string;
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page of them, by metric, version and bucket. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Restatements"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly listPacks: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description All packs of the tenant. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly packs: readonly components["schemas"]["PackSummary"][];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly readPack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path: {
                readonly pack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The pack. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PackSummary"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly readStatus: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Partitions, lag, complete-through, dependencies. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Status"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly runWrite: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "Idempotency-Key"?: string;
            };
            readonly path: {
                readonly pack: string;
                readonly write: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": components["schemas"]["WriteBody"];
                readonly "application/x-ndjson": components["schemas"]["WriteBody"];
            };
        };
        readonly responses: {
            /** @description Counted: the thing as it is now. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["WriteAnswer"];
                };
            };
            /** @description Counted: the row as it is committed. The scope is the one that the write declares; `GET /v1/packs/{pack}` lists writes with their members. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["WriteAnswer"];
                };
            };
            /** @description In the log, and not counted in time, or the write does not wait. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["WriteAccepted"];
                };
            };
            /** @description Of a list: some accepted, some not. */
            readonly 207: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly listRejected: {
        readonly parameters: {
            readonly query?: {
                readonly since?: string;
                readonly code?: string;
                readonly cursor?: string;
                readonly limit?: number;
                readonly tenant?: "-";
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page of them; none holds anything of the event. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly rejected: readonly components["schemas"]["Rejected"][];
                        readonly next_cursor: string | null;
                        /** @description Refused events that have no row, for REJECTED_MB_PER_DAY of the tenant was spent: of the days since `since` (without it of the last 30), newest first. With a `cursor`: none, the first page has told them. */
                        readonly beyond_quota: readonly {
                            /** Format: date */
                            readonly day: string;
                            readonly code: string;
                            readonly events: number;
                            /** @description As they came. */
                            readonly bytes: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC, milliseconds.
                             */
                            readonly first_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC, milliseconds.
                             */
                            readonly last_at: string;
                        }[];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly readRejected: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path: {
                readonly ref: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The row, without the original. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Rejected"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly readRejectedOriginal: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly ref: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description At most the first 64 KB. They may name a person in the clear. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/octet-stream": string;
                };
            };
        };
    };
    readonly replayRejected: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly ref: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": components["schemas"]["Event"];
            };
        };
        readonly responses: {
            /** @description Accepted; the row is closed. The same replay again gives the same receipt. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Verdicts"];
                };
            };
        };
    };
    readonly replayManyRejected: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": components["schemas"]["BulkReplay"];
            };
        };
        readonly responses: {
            /** @description The job; an equal one that is not finished is that one. Its `progress` and its result tell how many rows were `replayed`, `refused` again (one attempt more), `passed_over` (another type or pack), `need_event` (the original is not kept whole) and `differ` (bound to another event). */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    readonly listJobs: {
        readonly parameters: {
            readonly query?: {
                readonly status?: "queued" | "processing" | "completed" | "failed" | "cancelled";
                readonly kind?: string;
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Those of the key; with tenant:admin all of the tenant. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly jobs: readonly components["schemas"]["Job"][];
                        readonly next_cursor: string | null;
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly readJob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The job. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Job"];
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly cancelJob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The job; one that is finished stays as it is. What was done stays done. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    readonly readJobResult: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The result. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["JobResult"];
                };
            };
        };
    };
    readonly applyPack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Pack"];
                readonly "application/yaml": components["schemas"]["Pack"];
            };
        };
        readonly responses: {
            /** @description In place; every service has it within 2 seconds. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PackApplied"];
                };
            };
        };
    };
    readonly validatePack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Pack"];
                readonly "application/yaml": components["schemas"]["Pack"];
            };
        };
        readonly responses: {
            /** @description What applying it would give. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PackApplied"];
                };
            };
        };
    };
    readonly diffPack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Pack"];
                readonly "application/yaml": components["schemas"]["Pack"];
            };
        };
        readonly responses: {
            /** @description By event type and metric. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PackDiff"];
                };
            };
        };
    };
    readonly previewPack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly pack: components["schemas"]["Pack"];
                    /** @description Default: all metrics that the pack changes. */
                    readonly metric?: string;
                    /**
                     * @description Newest raw events that are looked at, at most.
                     * @default 20000
                     */
                    readonly events?: number;
                };
            };
        };
        readonly responses: {
            /** @description The same events by the old and by the new definition. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PackPreview"];
                };
            };
        };
    };
    readonly rollbackPack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly pack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description In place; every service has it within 2 seconds. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PackApplied"];
                };
            };
        };
    };
    readonly changeEventType: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly event_type: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["EventTypeChange"];
            };
        };
        readonly responses: {
            /** @description In place; every service has it within 2 seconds. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["EventTypeDefined"];
                };
            };
        };
    };
    readonly login: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["LoginRequest"];
            };
        };
        readonly responses: {
            /** @description Tokens of a new session. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    readonly loginUser: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["LoginRequest"];
            };
        };
        readonly responses: {
            /** @description Tokens of a new session. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    readonly registerUser: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RegisterRequest"];
            };
        };
        readonly responses: {
            /** @description The profile as it is committed; the person can sign in. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Registered"];
                };
            };
            /** @description The person can sign in; the profile is accepted and not counted in time. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Registered"];
                };
            };
        };
    };
    readonly refresh: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        readonly responses: {
            /** @description New tokens of the session; the one that was given is used up. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    readonly logout: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Every token of the session is refused everywhere within a second. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly logoutUser: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Every token of the session is refused everywhere within a second. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly listUsers: {
        readonly parameters: {
            readonly query?: {
                readonly limit?: number;
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page of them, by id. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly users: readonly components["schemas"]["User"][];
                        readonly next_cursor: string | null;
                    };
                };
            };
        };
    };
    readonly createUser: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UserRequest"];
            };
        };
        readonly responses: {
            /** @description The user. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    readonly changeUser: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly user: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UserChange"];
            };
        };
        readonly responses: {
            /** @description The user; older tokens are refused everywhere within a second. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    readonly disableUser: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly user: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Disabled; every token is refused everywhere within a second. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    readonly listRoles: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description All roles. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly roles: readonly {
                            readonly name: string;
                            readonly title: string;
                            readonly scopes: readonly string[];
                            readonly needs_subject: boolean;
                        }[];
                    };
                };
            };
        };
    };
    readonly listKeys: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description All keys, without their secrets. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly keys: readonly components["schemas"]["Key"][];
                    };
                };
            };
        };
    };
    readonly createKey: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @description For people; shown in lists. */
                    readonly name: string;
                    readonly scopes: readonly string[];
                    /**
                     * @description `pub`: may stand in a web page; only `ingest:write`.
                     * @default live
                     * @enum {string}
                     */
                    readonly kind?: "live" | "pub";
                    /**
                     * @description The only routes that it may call; null: all that its scopes open.
                     * @default null
                     */
                    readonly routes?: readonly string[] | null;
                    /**
                     * @description Groups of fewer persons are withheld from it, and what shows persons one by one is refused; null: none is.
                     * @default null
                     */
                    readonly k?: number | null;
                    /** Format: date-time */
                    readonly expires_at?: string;
                };
            };
        };
        readonly responses: {
            /** @description The key; its secret is shown this once. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["KeyCreated"];
                };
            };
        };
    };
    readonly rotateKey: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly key: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": {
                    /**
                     * @description How many seconds the secrets before the new one are taken still; 0 ends them now.
                     * @default 86400
                     */
                    readonly overlap_s?: number;
                };
            };
        };
        readonly responses: {
            /** @description The key; its new secret is shown this once. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["KeyCreated"];
                };
            };
        };
    };
    readonly revokeKey: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly key: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Revoked; refused everywhere within 2 seconds. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Key"];
                };
            };
        };
    };
    readonly createToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["TokenRequest"];
            };
        };
        readonly responses: {
            /** @description The token; it ends with its time, or with the key that it was made with. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Token"];
                };
            };
        };
    };
    readonly listIssuers: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description All of the tenant. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly issuers: readonly components["schemas"]["Issuer"][];
                    };
                };
            };
        };
    };
    readonly putIssuer: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["IssuerRequest"];
            };
        };
        readonly responses: {
            /** @description In place; every gateway has it within 2 seconds. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Issuer"];
                };
            };
        };
    };
    readonly removeIssuer: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly issuer: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Removed; its tokens are refused everywhere within 2 seconds. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly name: string;
                        /** @constant */
                        readonly state: "removed";
                    };
                };
            };
        };
    };
    readonly readLimits: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The levels that count the caller; asking costs what any request does. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Limits"];
                };
            };
        };
    };
    readonly explainLimits: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["LimitsExplainRequest"];
            };
        };
        readonly responses: {
            /** @description Class, levels and who set each. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["LimitsExplained"];
                };
            };
        };
    };
    readonly replayLimits: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["LimitsReplayRequest"];
            };
        };
        readonly responses: {
            /** @description Before and after, to the second. Nothing is changed. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["LimitsReplayed"];
                };
            };
        };
    };
    readonly readOrigins: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description As they were set. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Origins"];
                };
            };
        };
    };
    readonly putOrigins: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Origins"];
            };
        };
        readonly responses: {
            /** @description In force everywhere within a second. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Origins"];
                };
            };
        };
    };
    readonly readInstallationLimits: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The record as it was set. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description As they were set; null: nothing was. */
                        readonly limits: unknown;
                    };
                };
            };
        };
    };
    readonly putInstallationLimits: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["InstallationLimits"];
            };
        };
        readonly responses: {
            /** @description In force everywhere within a second. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description As they were set; null: nothing was. */
                        readonly limits: unknown;
                    };
                };
            };
        };
    };
    readonly readTenantLimits: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The record as it was set. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description As they were set; null: nothing was. */
                        readonly limits: unknown;
                    };
                };
            };
        };
    };
    readonly putTenantLimits: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["TenantLimits"];
            };
        };
        readonly responses: {
            /** @description In force everywhere within a second. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description As they were set; null: nothing was. */
                        readonly limits: unknown;
                    };
                };
            };
        };
    };
    readonly readAudit: {
        readonly parameters: {
            readonly query?: {
                readonly tenant?: "-";
                readonly since?: string;
                readonly until?: string;
                readonly actor?: string;
                readonly subject?: string;
                readonly action?: "create" | "read" | "update" | "delete";
                readonly resource_type?: string;
                readonly order?: "newest" | "chain";
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Records with their places in the chain. As NDJSON a record is a line, and the next cursor a header, Tidegate-Next-Cursor. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly records: readonly components["schemas"]["Audited"][];
                        readonly next_cursor: string | null;
                    };
                    readonly "application/x-ndjson": {
                        readonly records: readonly components["schemas"]["Audited"][];
                        readonly next_cursor: string | null;
                    };
                };
            };
        };
    };
    readonly verifyAudit: {
        readonly parameters: {
            readonly query?: {
                readonly tenant?: "-";
                readonly from?: number;
                readonly limit?: number;
                readonly seen?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description What was checked, and what is wrong. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["AuditVerified"];
                };
            };
        };
    };
    readonly readRecounts: {
        readonly parameters: {
            readonly query?: {
                readonly metric?: string;
                readonly limit?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A recount for each version of a metric, and what recounts found. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly recounts: readonly components["schemas"]["Recount"][];
                        /** @description The newest first. */
                        readonly drift: readonly components["schemas"]["Drift"][];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly askRecount: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": {
                    /** @description One metric; absent: all of them. */
                    readonly metric?: string;
                };
            };
        };
        readonly responses: {
            /** @description It is asked for; `GET` tells how far it is. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description A recount answers it once its own `request_no` is as great. */
                        readonly request_no: number;
                    };
                };
            };
        };
    };
    readonly readCacheStats: {
        readonly parameters: {
            readonly query?: {
                readonly key?: string;
                readonly class?: string;
                readonly days?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Of all, or of the name in `key`. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly overall: {
                            readonly hits: number;
                            readonly misses: number;
                            readonly total: number;
                            /** @description Percent, two decimals; 0 of nothing. */
                            readonly hit_rate: number;
                            readonly errors: number;
                            readonly error_rate: number;
                            readonly writes: number;
                            /** @description Misses whose answer was there and had changed. */
                            readonly invalidations: number;
                            /** @description Misses whose answer was gone before its time. */
                            readonly evictions: number;
                        };
                        readonly by_class: {
                            readonly [key: string]: {
                                readonly hits: number;
                                readonly misses: number;
                                readonly total: number;
                                /** @description Percent, two decimals; 0 of nothing. */
                                readonly hit_rate: number;
                                readonly errors: number;
                                readonly error_rate: number;
                                readonly writes: number;
                                /** @description Misses whose answer was there and had changed. */
                                readonly invalidations: number;
                                /** @description Misses whose answer was gone before its time. */
                                readonly evictions: number;
                            };
                        };
                        /** @description The 1,000 busiest; persons and things show as their pseudonyms. */
                        readonly by_key: {
                            readonly [key: string]: {
                                readonly hits: number;
                                readonly misses: number;
                                readonly total: number;
                                /** @description Percent, two decimals; 0 of nothing. */
                                readonly hit_rate: number;
                                readonly errors: number;
                                readonly error_rate: number;
                                readonly writes: number;
                                /** @description Misses whose answer was there and had changed. */
                                readonly invalidations: number;
                                /** @description Misses whose answer was gone before its time. */
                                readonly evictions: number;
                            };
                        };
                    } | {
                        readonly hits: number;
                        readonly misses: number;
                        readonly total: number;
                        /** @description Percent, two decimals; 0 of nothing. */
                        readonly hit_rate: number;
                        readonly errors: number;
                        readonly error_rate: number;
                        readonly writes: number;
                        /** @description Misses whose answer was there and had changed. */
                        readonly invalidations: number;
                        /** @description Misses whose answer was gone before its time. */
                        readonly evictions: number;
                        readonly key: string;
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly resetCacheStats: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": {
                    /** @description Of this name alone. */
                    readonly key?: string;
                };
            };
        };
        readonly responses: {
            /** @description Done. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @constant */
                        readonly reset: true;
                        readonly key: string | null;
                    };
                };
            };
        };
    };
    readonly readCache: {
        readonly parameters: {
            readonly query?: {
                readonly key?: string;
                readonly class?: string;
                readonly days?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The last `days` (14, at most 90). */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly overall: {
                            readonly hits: number;
                            readonly misses: number;
                            readonly total: number;
                            /** @description Percent, two decimals; 0 of nothing. */
                            readonly hit_rate: number;
                            readonly errors: number;
                            readonly error_rate: number;
                            readonly writes: number;
                            /** @description Misses whose answer was there and had changed. */
                            readonly invalidations: number;
                            /** @description Misses whose answer was gone before its time. */
                            readonly evictions: number;
                        };
                        readonly by_class: {
                            readonly [key: string]: {
                                readonly hits: number;
                                readonly misses: number;
                                readonly total: number;
                                /** @description Percent, two decimals; 0 of nothing. */
                                readonly hit_rate: number;
                                readonly errors: number;
                                readonly error_rate: number;
                                readonly writes: number;
                                /** @description Misses whose answer was there and had changed. */
                                readonly invalidations: number;
                                /** @description Misses whose answer was gone before its time. */
                                readonly evictions: number;
                            };
                        };
                        /** @description The 1,000 busiest; persons and things show as their pseudonyms. */
                        readonly by_key: {
                            readonly [key: string]: {
                                readonly hits: number;
                                readonly misses: number;
                                readonly total: number;
                                /** @description Percent, two decimals; 0 of nothing. */
                                readonly hit_rate: number;
                                readonly errors: number;
                                readonly error_rate: number;
                                readonly writes: number;
                                /** @description Misses whose answer was there and had changed. */
                                readonly invalidations: number;
                                /** @description Misses whose answer was gone before its time. */
                                readonly evictions: number;
                            };
                        };
                        readonly classes: readonly {
                            readonly class: string;
                            /** @description In force; 0: answers are not kept. */
                            readonly ttl_s: number;
                            readonly max_staleness_s: number;
                            readonly env: string | null;
                            readonly hit_aim_pct: number | null;
                        }[];
                        /** @description By hour, oldest first. */
                        readonly history: readonly {
                            readonly hits: number;
                            readonly misses: number;
                            readonly total: number;
                            /** @description Percent, two decimals; 0 of nothing. */
                            readonly hit_rate: number;
                            readonly errors: number;
                            readonly error_rate: number;
                            readonly writes: number;
                            /** @description Misses whose answer was there and had changed. */
                            readonly invalidations: number;
                            /** @description Misses whose answer was gone before its time. */
                            readonly evictions: number;
                            readonly class: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC, milliseconds.
                             */
                            readonly hour: string;
                        }[];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly listKeptNames: {
        readonly parameters: {
            readonly query?: {
                readonly key?: string;
                readonly class?: string;
                readonly days?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Of all classes, or of one. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly patterns: readonly {
                            readonly class: string;
                            readonly pattern: string;
                            readonly entries: number;
                            readonly bytes: number;
                            /** @description False: no pack has this class any more. */
                            readonly declared: boolean;
                        }[];
                        readonly is_cut: boolean;
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly adviseCache: {
        readonly parameters: {
            readonly query?: {
                readonly key?: string;
                readonly class?: string;
                readonly days?: number;
            };
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A line for each class. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly days: number;
                        readonly classes: readonly {
                            readonly class: string;
                            readonly ttl_s: number;
                            readonly hit_aim_pct: number;
                            readonly hits: number;
                            readonly misses: number;
                            readonly total: number;
                            /** @description Percent, two decimals; 0 of nothing. */
                            readonly hit_rate: number;
                            readonly changes_per_hour: number;
                            readonly evictions: number;
                            readonly keys: number;
                            /** @enum {string} */
                            readonly advice: "keep" | "longer" | "shorter" | "memory first";
                            readonly advised_ttl_s: number;
                        }[];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly dropKept: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly class?: string;
                    /** @description One name; plain ids in it are translated. */
                    readonly key?: string;
                    /** @description Names, with `*` for any text. */
                    readonly pattern?: string;
                    /** @description All that was asked about a person: the plain id. */
                    readonly subject?: string;
                };
            };
        };
        readonly responses: {
            /** @description From here on they are made anew. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description Marks removed: answers under them are made anew. */
                        readonly dropped: number;
                    };
                };
            };
        };
    };
    readonly exportOwn: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description All that is held; a ZIP of CSV files where `Accept` names `application/zip`. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PersonExport"];
                    readonly "application/zip": components["schemas"]["PersonExport"];
                };
            };
            /** @description It is large, or takes long: a job makes it, and `poll_url` has its link then. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExportState"];
                };
            };
        };
    };
    readonly exportOwnByPost: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description All that is held; a ZIP of CSV files where `Accept` names `application/zip`. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PersonExport"];
                    readonly "application/zip": components["schemas"]["PersonExport"];
                };
            };
            /** @description It is large, or takes long: a job makes it, and `poll_url` has its link then. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExportState"];
                };
            };
        };
    };
    readonly readOwnExport: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Its state. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExportState"];
                };
            };
        };
    };
    readonly downloadExport: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly link: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The export; shorter than `Content-Length` where the person was erased meanwhile. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PersonExport"];
                    readonly "application/zip": components["schemas"]["PersonExport"];
                };
            };
        };
    };
    readonly exportPerson: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @description The id of the person, as events have it. */
                    readonly subject: string;
                };
            };
        };
        readonly responses: {
            /** @description All that is held; a ZIP of CSV files where `Accept` names `application/zip`. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PersonExport"];
                    readonly "application/zip": components["schemas"]["PersonExport"];
                };
            };
            /** @description It is large, or takes long: a job makes it, and `poll_url` has its link then. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExportState"];
                };
            };
        };
    };
    readonly readExport: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Its state. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExportState"];
                };
            };
        };
    };
    readonly readSubject: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly pseudonym: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The id, where a pack has it kept (`privacy: {mapping: true}`). */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["NamedSubject"];
                };
            };
        };
    };
    readonly createErasure: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @description The id of the person, as events have it. */
                    readonly subject: string;
                    /**
                     * @description What is erased cannot be brought back.
                     * @constant
                     */
                    readonly confirm: true;
                };
            };
        };
        readonly responses: {
            /** @description Taken; the same person again is the same request. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Erasure"];
                };
            };
        };
    };
    readonly readErasure: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Its state. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Erasure"];
                };
            };
        };
    };
    readonly readCertificate: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The certificate. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ErasureCertificate"];
                };
            };
        };
    };
    readonly deleteAccountByPost: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /**
                     * @description What is erased cannot be brought back.
                     * @constant
                     */
                    readonly confirm: true;
                };
            };
        };
        readonly responses: {
            /** @description Taken; the same again is the same request. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["OwnErasure"];
                };
            };
        };
    };
    readonly deleteAccount: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /**
                     * @description What is erased cannot be brought back.
                     * @constant
                     */
                    readonly confirm: true;
                };
            };
        };
        readonly responses: {
            /** @description Taken; the same again is the same request. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["OwnErasure"];
                };
            };
        };
    };
    readonly readOwnErasure: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Its state. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["OwnErasure"];
                };
            };
        };
    };
    readonly createWarehouseExport: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["WarehouseAsk"];
            };
        };
        readonly responses: {
            /** @description A job makes it; the same asked again meanwhile is the same export. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["WarehouseExport"];
                };
            };
        };
    };
    readonly readWarehouseExport: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Its state. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["WarehouseExport"];
                };
            };
        };
    };
    readonly readWarehouseManifest: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The manifest. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["WarehouseManifest"];
                };
            };
        };
    };
    readonly readWarehouseFile: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
                readonly no: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The file, as it lies in the store. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/vnd.apache.parquet": string;
                    readonly "text/csv": string;
                    readonly "application/x-ndjson": string;
                };
            };
        };
    };
    readonly listGaps: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "If-None-Match"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description All gaps, newest first. */
            readonly 200: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly gaps: readonly components["schemas"]["Gap"][];
                    };
                };
            };
            /** @description What `If-None-Match` names is what would be sent now. */
            readonly 304: {
                headers: {
                    /** @description What `If-None-Match` may name. Absent where nobody may keep the answer. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly acknowledgeGap: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly gap: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @description Why nothing more is to be done; kept with the gap. */
                    readonly reason: string;
                };
            };
        };
        readonly responses: {
            /** @description The gap; the first word on it stays. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Gap"];
                };
            };
        };
    };
    readonly health: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Serving, whatever its dependencies do. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    readonly healthVersioned: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Serving, whatever its dependencies do. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    readonly healthLive: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description It does. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    readonly healthReady: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description They are. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    readonly docs: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Routes, schemas and errors. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/html": string;
                };
            };
        };
    };
    readonly openapi: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description OpenAPI 3.1. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly openapi: string;
                    } & {
                        readonly [key: string]: unknown;
                    };
                };
            };
        };
    };
}

-- Findings of the rules of packs, each as long as it holds and as it was afterwards (docs/design/insights.md).
CREATE TABLE insight_finding (
  tenant text NOT NULL,
  -- Pseudonym; the empty text: of nobody in particular.
  subject text NOT NULL,
  pack text NOT NULL,
  insight text NOT NULL,
  finding_id uuid NOT NULL,
  rule text NOT NULL,
  -- Which of several things of the rule.
  about text NOT NULL,
  rank integer,
  finding jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  -- Null: it holds. Else when it was no longer found, or was found otherwise, which superseded it.
  closed_at timestamptz,
  is_superseded boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant, subject, pack, insight, finding_id)
);
-- However many readers find the same at once, it stands once.
CREATE UNIQUE INDEX insight_finding_open ON insight_finding (tenant, subject, pack, insight, rule, about) WHERE closed_at IS NULL;
CREATE INDEX insight_finding_order ON insight_finding (tenant, subject, pack, insight, created_at DESC);

GRANT SELECT, INSERT, UPDATE, DELETE ON insight_finding TO tidegate_query;

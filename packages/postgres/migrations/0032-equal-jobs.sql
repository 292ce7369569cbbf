-- Whoever asks the same again is given what the job found (docs/design/background-answers.md).
CREATE INDEX job_equal ON job (tenant, kind, params_sha256, submitted_at);

-- The series of one subject are found by it: without it in the index a question about one person looked at those of all persons.
CREATE INDEX series_subject ON series (tenant, metric, version, set_no, subject);
DROP INDEX series_metric;

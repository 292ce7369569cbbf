-- Samples one table that has grown twofold since it was sampled last, and says its name (null: there is none).
SELECT analyse_grown_table() AS name

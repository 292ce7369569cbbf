-- An attempt of an export begins: the plan of the first one stays. $1 export, $2 tenant, $3 plan.
INSERT INTO warehouse_export AS w (export_id, tenant, plan) VALUES ($1::uuid, $2, $3)
ON CONFLICT (export_id) DO UPDATE SET complete = NULL, expires_at = NULL
RETURNING plan::text AS plan

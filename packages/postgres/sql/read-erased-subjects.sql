-- Everybody of a tenant who is erased or is to be. $1 tenant.
SELECT subject FROM erasure WHERE tenant = $1

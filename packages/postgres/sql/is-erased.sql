-- Whether a person is erased or is to be. $1 tenant, $2 pseudonym.
SELECT FROM erasure WHERE tenant = $1 AND subject = $2

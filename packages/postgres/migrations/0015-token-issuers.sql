-- Whose tokens a tenant takes (docs/design/tokens.md). `issuer` stands beside the definition because no two tenants may take
-- the same token: what names an issuer is compared under a lock of its name.
CREATE TABLE token_issuer (
  tenant text NOT NULL REFERENCES tenant (tenant),
  name text NOT NULL,
  issuer text NOT NULL,
  definition jsonb NOT NULL,
  PRIMARY KEY (tenant, name)
);
CREATE INDEX token_issuer_issuer_idx ON token_issuer (issuer);

GRANT SELECT, INSERT, UPDATE, DELETE ON token_issuer TO tidegate_gateway;

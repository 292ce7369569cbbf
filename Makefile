# The names that people look for. The work is done by npm scripts and by `tidegate`; `make -n NAME` shows which.
.PHONY: install dev up down db-up db-dev migration upgrade db-migration db-migrate-upgrade test test-analytics lint format

# Packages and the database client; nothing is started.
install:
	npm run install-all

# The whole system on this machine, without Docker.
dev:
	npm start

# The whole system in containers; POSTGRES_PASSWORD=… in the file .env (see docker-compose.yml).
up:
	docker compose up --build --detach

down:
	docker compose down

# Postgres alone in a container: in the background, or with its log in this terminal.
db-up:
	docker compose up --detach postgres

db-dev:
	docker compose up postgres

# make migration name=what-it-does: a numbered, empty migration.
migration db-migration:
	npm run migration -- $(name)

# Brings the database of DATABASE_URL to the newest schema.
upgrade db-migrate-upgrade:
	npm run tidegate -- db migrate

test:
	npm test

test-analytics:
	npm run test:analytics

lint:
	npm run check

format:
	npm run format

-- The next rows of declare-events or declare-person-events.
FETCH 2000 FROM events

-- The next rows of declare-journeys.
FETCH 5000 FROM journeys

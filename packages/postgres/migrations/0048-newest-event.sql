-- The id of the event that an entity row that exists was last changed by, in UTF-8: of rows at one instant the one with the greater id
-- comes later (docs/adr/0051-ties-by-event.md). It stands in `_state` (docs/design/entities.md, section 3) as the id of the first stamp.

-- Finds it in any state. None in what is no state.
CREATE FUNCTION newest_event_of(state bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  at integer := 2;
  numbers integer := 2;
  id_bytes integer := 0;
  shift integer := 0;
  one integer;
BEGIN
  IF length(state) < 4 OR get_byte(state, 0) <> 1 THEN
    RETURN '\x';
  END IF;
  -- The instant of creation, where there is one; how many stamps there are; and the instant of the first.
  IF get_byte(state, 1) = 1 THEN
    numbers := 3;
  END IF;
  WHILE numbers > 0 LOOP
    WHILE at < length(state) AND get_byte(state, at) >= 128 LOOP
      at := at + 1;
    END LOOP;
    at := at + 1;
    numbers := numbers - 1;
  END LOOP;
  LOOP
    IF at >= length(state) THEN
      RETURN '\x';
    END IF;
    one := get_byte(state, at);
    at := at + 1;
    id_bytes := id_bytes + ((one & 127) << shift);
    EXIT WHEN one < 128;
    shift := shift + 7;
  END LOOP;
  RETURN substr(state, at + 1, id_bytes);
END
$$;

-- The same, and inlined: with both instants between 1970-07 and 2039 each takes six bytes, so the id begins at the 17th byte. It costs
-- 0.1 µs a row, the other 2 µs.
CREATE FUNCTION newest_event(state bytea, created_at timestamptz, updated_at timestamptz) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN created_at >= '1970-08-01Z' AND created_at < '2039-09-01Z' AND updated_at >= '1970-08-01Z' AND updated_at < '2039-09-01Z'
    AND length(state) > 16 AND get_byte(state, 8) < 128 AND get_byte(state, 15) < 128
    THEN substr(state, 17, get_byte(state, 15))
  ELSE newest_event_of(state)
END;

"""One way to compare text without case and accents, the same in every column and query."""

from django.db.models import CharField, Func, TextField


class Fold(Func):
    """`foyer_fold(text)`: lower case, accents stripped. Made in the first migration."""

    function = "foyer_fold"
    arity = 1
    output_field = TextField()


CharField.register_lookup(Fold, "folded")
TextField.register_lookup(Fold, "folded")


# PostgreSQL 17 and the embedded server bring pg_c_utf8; older servers mostly have ICU. Without
# either, the database's own collation decides what lower case is.
CREATE_FOLD = """
DO $make$
DECLARE
    best text := (
        SELECT format('COLLATE %I', collname) FROM pg_collation
        WHERE collname IN ('pg_c_utf8', 'und-x-icu')
        ORDER BY collname = 'pg_c_utf8' DESC LIMIT 1
    );
BEGIN
    EXECUTE format($fold$
        CREATE FUNCTION foyer_fold(value text) RETURNS text
        LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURNS NULL ON NULL INPUT
        RETURN lower(
            regexp_replace(normalize(value, NFKD), U&'[\\0300-\\036F]', '', 'g') %s
        )
    $fold$, coalesce(best, ''));
END
$make$
"""
DROP_FOLD = "DROP FUNCTION foyer_fold(text)"

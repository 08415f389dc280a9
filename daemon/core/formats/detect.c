#include "core/formats/detect.h"

#include "core/base/utf8.h"
#include "core/formats/ascii.h"

static bool
name_ends(struct slice name, const char *ending)
{
    size_t n = strlen(ending);

    return name.size > n &&
           ascii_is_word(slice_from(name, name.size - n), ending);
}

static bool
has_json_name(struct slice name)
{
    return name_ends(name, ".json") || name_ends(name, ".stix") ||
           name_ends(name, ".stix2") || name_ends(name, ".stix21");
}

/* A list may begin with "[2001:db8::1]:443"; JSON goes on otherwise. */
static bool
looks_like_json(struct slice text)
{
    if (text.size == 0 || (text.data[0] != '{' && text.data[0] != '['))
        return false;
    if (text.data[0] == '{')
        return true;
    struct slice rest = slice_trim(slice_from(text, 1));
    return rest.size == 0 || strchr("{[\"]", rest.data[0]);
}

/* Give where the string that opens at `at` ends, behind its quote. */
static size_t
string_end(struct slice text, size_t at)
{
    for (size_t i = at + 1; i < text.size; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            return i + 1;
    }
    return text.size;
}

/* Tell whether a string is a key of MISP; `rest` is behind it. */
static bool
is_misp_key(struct slice string, struct slice rest)
{
    static const char *const keys[] = {
        "\"Event\"", "\"response\"", "\"Attribute\"",       "\"Object\"",
        "\"Orgc\"",  "\"orgc_id\"",  "\"threat_level_id\"",
    };

    rest = slice_trim(rest);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (slice_is(string, keys[i]))
            return rest.size && rest.data[0] == ':';
    return false;
}

/* Keys of the object at the top count, or of those in a list at the top. */
static bool
has_misp_key(struct slice text)
{
    size_t depth = 0, at = 0, want = text.data[0] == '[' ? 2 : 1;

    while (at < text.size) {
        uint8_t c = text.data[at];
        size_t next = c == '"' ? string_end(text, at) : at + 1;
        depth += c == '{' || c == '[';
        depth -= depth && (c == '}' || c == ']');
        if (c == '"' && depth == want &&
            is_misp_key(slice_of(text.data + at, next - at),
                        slice_from(text, next)))
            return true;
        at = next;
    }
    return false;
}

/* A line ends with CR, LF or both: what is empty between them is no line. */
static size_t
line_size(struct slice text)
{
    size_t n = slice_find(text, '\n');

    return slice_find(slice_first(text, n), '\r');
}

/* See the first line that is neither empty nor a comment. */
static struct slice
first_line(struct slice text)
{
    while (text.size) {
        size_t n = line_size(text);
        struct slice line = slice_trim(slice_first(text, n));
        if (line.size && !strchr("#;!", line.data[0]))
            return line;
        text = slice_from(text, n < text.size ? n + 1 : n);
    }
    return text;
}

static bool
looks_like_csv(struct slice line)
{
    bool separated =
        slice_find(line, ',') < line.size || slice_find(line, ';') < line.size;

    return separated && slice_find(line, '/') == line.size &&
           !ascii_starts(line, "||");
}

/* How the lines of a text look. */
struct shape {
    size_t lines, sentences; /* of three words or more */
    size_t columns;          /* of all lines; 0: they differ */
    bool tight; /* some separator has no space behind it, as in sentences */
};

static size_t
words_count(struct slice line)
{
    size_t words = 0;

    for (size_t i = 0; i < line.size; i++)
        words += !ascii_is_space(line.data[i]) &&
                 (i == 0 || ascii_is_space(line.data[i - 1]));
    return words;
}

/* A line of a hosts file has several names. */
static bool
is_hosts_line(struct slice line)
{
    return ascii_starts(line, "0.0.0.0") || ascii_starts(line, "127.0.0.1") ||
           ascii_starts(line, "::1");
}

static void
shape_add(struct shape *s, struct slice line)
{
    size_t columns = 1;

    for (size_t i = 1; i < line.size; i++) {
        if (line.data[i] == '#' && ascii_is_space(line.data[i - 1]))
            line.size = i;
        else if (line.data[i] == ',' || line.data[i] == ';') {
            columns++;
            s->tight = s->tight ||
                       (i + 1 < line.size && !ascii_is_space(line.data[i + 1]));
        }
    }
    s->columns = s->lines == 0 || s->columns == columns ? columns : 0;
    s->lines++;
    s->sentences += words_count(line) > 2 && !is_hosts_line(line);
}

/* Tell whether most lines are sentences; those of a table have the same number
 * of columns. */
static bool
looks_like_text(struct slice text)
{
    struct shape s = {0};

    while (text.size) {
        size_t n = line_size(text);
        struct slice line = slice_trim(slice_first(text, n));
        if (line.size && !strchr("#;!", line.data[0]))
            shape_add(&s, line);
        text = slice_from(text, n < text.size ? n + 1 : n);
    }
    return s.sentences > s.lines / 2 &&
           (s.columns < 2 || (s.lines == 1 && !s.tight));
}

static bool
has_text_name(struct slice name)
{
    static const char *const endings[] = {".adoc",     ".asciidoc", ".eml",
                                          ".markdown", ".md",       ".rst"};

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        if (name_ends(name, endings[i]))
            return true;
    return false;
}

enum format
formats_detect(struct slice first, struct slice name)
{
    if (utf8_has_mark(first))
        first = slice_from(first, UTF8_MARK_BYTES);
    struct slice text = slice_trim(first);
    if (looks_like_json(text))
        return has_misp_key(text) ? FORMAT_MISP : FORMAT_STIX;
    if (has_json_name(name))
        return FORMAT_STIX;
    if (name_ends(name, ".csv"))
        return FORMAT_CSV;
    if (slice_find(first, 0) < first.size)
        return FORMAT_UNKNOWN;
    if (has_text_name(name) || looks_like_text(text))
        return FORMAT_TEXT;
    return looks_like_csv(first_line(text)) ? FORMAT_CSV : FORMAT_LIST;
}

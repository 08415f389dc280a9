#include "core/formats/text_scan.h"

#include "core/base/utf8.h"
#include "core/formats/ascii.h"
#include "core/formats/value_parts.h"

/* A key of the registry in quotes, brackets included. */
#define KEY_BYTES_MAX 1024u
/* "[", an address of version 6, "]". */
#define BRACKETS_MAX 48u
#define SCHEME_MAX 12u

static struct slice
rest_of(struct slice line, size_t at)
{
    return slice_from(line, at < line.size ? at : line.size);
}

static uint8_t
byte_at(struct slice line, size_t at)
{
    return at < line.size ? line.data[at] : 0;
}

/* ---- letters ------------------------------------------------------------ */

/* Han, Hangul, Kana and their signs: they stand beside Latin letters without
 * a space, and are no part of the same word then. */
static bool
is_east_asian(uint8_t lead)
{
    return (lead >= 0xe3 && lead <= 0xed) || lead == 0xef;
}

/* Quotes, dashes, bullets and arrows; not what is invisible, which would make
 * two values of one. */
static bool
is_sign(struct slice line, size_t at)
{
    uint8_t c = line.data[at], next = byte_at(line, at + 1);
    uint8_t third = byte_at(line, at + 2);

    if (c == 0xc2)
        return next != 0xad;
    if (c == 0xe2)
        return !(next == 0x80 && third >= 0x8b && third <= 0x8f) &&
               !(next == 0x81 && third >= 0xa0);
    return c >= 0xf0;
}

static bool
is_ellipsis(struct slice line, size_t at)
{
    return ascii_starts(rest_of(line, at), "...") ||
           (byte_at(line, at) == 0xe2 && byte_at(line, at + 1) == 0x80 &&
            byte_at(line, at + 2) == 0xa6);
}

/* ---- marks -------------------------------------------------------------- */

/* Give the size of a mark at `at`, the spaces around it included where it
 * stands alone between two words: "evil [.] com". */
static size_t
mark_size(struct slice line, size_t at)
{
    const char *stands_for = "";
    size_t space = byte_at(line, at) == ' ';
    size_t n = value_mark_size(rest_of(line, at + space), &stands_for);

    if (n == 0)
        return 0;
    bool is_joint = *stands_for == '.' || *stands_for == '@';
    bool is_bracket = line.data[at + space] != '\\';
    if (space && (!is_joint || !is_bracket))
        return 0;
    size_t behind = at + space + n;
    if (is_joint && is_bracket && byte_at(line, behind) == ' ' &&
        ascii_is_alnum(byte_at(line, behind + 1)))
        return space + n + 1;
    if (space && !ascii_is_alnum(byte_at(line, behind)))
        return 0;
    return space + n;
}

/* ---- atoms -------------------------------------------------------------- */

/* Give the size of the letter at `at`, which follows that at `before`; 0
 * where it is none of the same atom. */
static size_t
letter_size(struct slice line, size_t at, size_t before)
{
    uint8_t c = byte_at(line, at), last = line.data[before];

    if (c < 0x80) {
        if (is_east_asian(last) && ascii_is_alnum(c))
            return 0;
        return ascii_is_alnum(c) || (c && strchr("-_.:@+", c));
    }
    if (is_sign(line, at) || (is_east_asian(c) && ascii_is_alnum(last)))
        return 0;
    return utf8_size(c);
}

/* Give where the atom ends that goes on at `at`. */
static size_t
atom_end(struct slice line, size_t at, size_t before)
{
    size_t n;

    while ((n = letter_size(line, at, before)) > 0 ||
           (n = mark_size(line, at)) > 0) {
        before = at;
        at += n;
    }
    return at;
}

/* "*.evil.example", "[2001:db8::1]:443" */
static size_t
opening_size(struct slice line, size_t at)
{
    const char *stands_for = "";

    if (line.data[at] == '*') {
        if (byte_at(line, at + 1) == '.')
            return 2;
        size_t n = value_mark_size(rest_of(line, at + 1), &stands_for);
        return n && *stands_for == '.' ? 1 + n : 0;
    }
    if (line.data[at] != '[')
        return 0;
    struct slice rest = rest_of(line, at + 1);
    size_t close = slice_find(
        slice_first(rest, rest.size < BRACKETS_MAX ? rest.size : BRACKETS_MAX),
        ']');
    struct slice inside = slice_first(rest, close);
    if (close == rest.size || slice_find(inside, ':') == close)
        return 0;
    for (size_t i = 0; i < close; i++)
        if (ascii_hex(inside.data[i]) < 0 && inside.data[i] != ':' &&
            inside.data[i] != '.')
            return 0;
    return close + 2;
}

/* ---- URLs --------------------------------------------------------------- */

/* Give the size of "://" however it is written, else 0. */
static size_t
separator_size(struct slice text)
{
    static const char *const forms[] = {
        "://", "[://]", "[:]//", "[:][/][/]", ":[/][/]", ":[//]", "[:]/[/]"};

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        if (ascii_starts(text, forms[i]))
            return strlen(forms[i]);
    return 0;
}

/* Give the size of a scheme of the network and what separates it, else 0. */
static size_t
scheme_size(struct slice text)
{
    static const char *const schemes[] = {
        "http",  "https", "hxxp",  "hxxps", "h**p",  "h**ps", "hxtp",
        "hxtps", "htxp",  "htxps", "ftp",   "ftps",  "fxp",   "sftp",
        "tcp",   "udp",   "ws",    "wss",   "ldap",  "ldaps", "smb",
        "rtsp",  "ssh",   "irc",   "ircs",  "socks5"};
    size_t n = 0;

    while (n < text.size && n < SCHEME_MAX &&
           (ascii_is_alnum(text.data[n]) || text.data[n] == '*'))
        n++;
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
        if (ascii_is_word(slice_first(text, n), schemes[i])) {
            size_t separator = separator_size(slice_from(text, n));
            return separator ? n + separator : 0;
        }
    return 0;
}

/* What a URL is being read with. */
struct path {
    struct slice line;
    size_t begin;      /* of the whole URL */
    bool in_host;      /* no slash came yet */
    size_t open;       /* parentheses */
    size_t open_brace; /* "{" */
    struct text_span *out;
};

/* Give 1 where something was open that is closed here, else 0. */
static size_t
close_one(size_t *open)
{
    if (*open == 0)
        return 0;
    (*open)--;
    return 1;
}

/* Give the size of a byte that ends URLs only at times; 0: it ends here. */
static size_t
bracket_size(struct path *p, size_t at)
{
    struct slice line = p->line;

    switch (line.data[at]) {
    case '(':
        p->open++;
        return !p->in_host;
    case ')':
        return close_one(&p->open);
    case '{':
        p->out->is_several = true;
        p->open_brace++;
        return 1;
    case '}':
        return close_one(&p->open_brace);
    case '[':
        return p->in_host ? opening_size(line, at) : 0;
    case ',':
    case ';':
        return !p->in_host && !scheme_size(rest_of(line, at + 1));
    case '\'':
        return !(p->begin && line.data[p->begin - 1] == '\'');
    }
    return 1;
}

static size_t
url_letter_size(struct path *p, size_t at)
{
    struct slice line = p->line;
    uint8_t c = byte_at(line, at);

    if (c <= ' ' || c == 0x7f || strchr("\"<>|`\\]", c))
        return 0;
    if (c >= 0x80)
        return letter_size(line, at, at - 1);
    if (c == '/' || c == '?' || c == '#')
        p->in_host = false;
    return bracket_size(p, at);
}

/* What ends a sentence ends no URL. */
static size_t
url_trim(struct slice line, size_t begin, size_t end, struct text_span *out)
{
    if (is_ellipsis(line, end))
        out->is_cut = true;
    while (end > begin && strchr(".,;:!?'*(", line.data[end - 1])) {
        if (end >= begin + 3 && is_ellipsis(line, end - 3))
            out->is_cut = true;
        end--;
    }
    return end;
}

static size_t
path_read(struct path *p, size_t at)
{
    size_t begin = at, n;
    const char *stands_for;

    do {
        n = p->in_host ? mark_size(p->line, at)
                       : value_mark_size(rest_of(p->line, at), &stands_for);
        if (n == 0)
            n = url_letter_size(p, at);
        at += n;
    } while (n);
    return url_trim(p->line, begin, at, p->out);
}

size_t
text_path_end(struct slice line, size_t at, struct text_span *out)
{
    struct path p = {.line = line, .begin = at, .out = out};

    return path_read(&p, at);
}

/* Tell whether "[1]: " alone stands in front: a note that the text refers
 * to. */
static bool
is_note(struct slice line, size_t begin)
{
    struct slice before = slice_trim(slice_first(line, begin));

    return before.size > 3 && before.data[0] == '[' &&
           before.data[before.size - 1] == ':' &&
           before.data[before.size - 2] == ']';
}

/* "[text](url)", "url[text]", "link:url[text]" */
static bool
is_link(struct slice line, const struct text_span *span)
{
    return (span->begin >= 2 && line.data[span->begin - 1] == '(' &&
            line.data[span->begin - 2] == ']') ||
           byte_at(line, span->end) == '[' || is_note(line, span->begin);
}

static void
url_read(struct slice line, size_t scheme, struct text_span *out)
{
    struct path p = {
        .line = line, .begin = out->begin, .in_host = true, .out = out};

    out->kind = TEXT_URL;
    out->end = path_read(&p, out->begin + scheme);
    out->is_link = is_link(line, out);
}

/* ---- keys of the registry ----------------------------------------------- */

/* Give what closes the quote that stands before `at`; NULL without one. */
static const char *
closer_of(struct slice line, size_t at)
{
    static const char *const pairs[][2] = {
        {"`", "`"}, {"\"", "\""}, {"'", "'"},   {"[", "]"},
        {"“", "”"}, {"‘", "’"},   {"「", "」"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        size_t n = strlen(pairs[i][0]);
        if (at >= n && memcmp(line.data + at - n, pairs[i][0], n) == 0)
            return pairs[i][1];
    }
    return NULL;
}

static size_t
find_text(struct slice text, const char *what)
{
    for (size_t i = 0; i < text.size && i < KEY_BYTES_MAX; i++)
        if (ascii_starts(slice_from(text, i), what))
            return i;
    return text.size;
}

static void
key_read(struct slice line, struct text_span *out)
{
    const char *closer = closer_of(line, out->begin);
    struct slice rest = slice_from(line, out->begin);
    size_t n = closer ? find_text(rest, closer) : rest.size;

    out->kind = TEXT_KEY;
    if (n == rest.size) {
        for (n = 0; n < rest.size && !ascii_is_space(rest.data[n]) &&
                    !strchr("|`\"<>", rest.data[n]);)
            n++;
        struct slice behind = slice_trim(slice_from(rest, n));
        out->is_open = behind.size && !strchr("|`\"<>", behind.data[0]);
        while (n && strchr(".,;:)", rest.data[n - 1]))
            n--;
    }
    out->end = out->begin + n;
}

/* ---- the line ----------------------------------------------------------- */

/* Try what begins at `at`; false: nothing does. */
static bool
span_read(struct slice line, size_t at, struct text_span *out)
{
    uint8_t c = line.data[at];
    size_t n;

    *out = (struct text_span){.kind = TEXT_ATOM, .begin = at};
    if (ascii_is_letter(c)) {
        if ((n = scheme_size(slice_from(line, at))) > 0) {
            url_read(line, n, out);
            return true;
        }
        if (value_hive_size(slice_from(line, at))) {
            key_read(line, out);
            return true;
        }
    }
    if (c == '*' || c == '[') {
        n = opening_size(line, at);
        out->end = n ? atom_end(line, at + n, at + n - 1) : at;
        return n > 0;
    }
    if (!ascii_is_alnum(c) && c != '_' && (c < 0x80 || is_sign(line, at)))
        return false;
    out->end = atom_end(line, at, at);
    return out->end > at;
}

bool
text_scan_next(struct text_scan *s, struct text_span *out)
{
    while (s->at < s->line.size) {
        if (span_read(s->line, s->at, out)) {
            s->at = out->end;
            return true;
        }
        s->at += utf8_size(s->line.data[s->at]);
    }
    return false;
}

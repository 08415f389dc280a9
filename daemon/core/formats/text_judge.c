#include "core/formats/text_judge.h"

#include "core/formats/ascii.h"
#include "core/formats/text_names.h"
#include "core/formats/url.h"
#include "core/formats/value.h"
#include "core/formats/value_parts.h"

/* How far back one looks for the word "version". */
#define LOOK_BACK 64u
/* A number behind "AS" and a space: shorter ones are protocols and words. */
#define AS_DIGITS_MIN 3u
/* The parts of a section's number are small. */
#define SECTION_PART_MAX 20u

/* A piece of the line that may be a value. */
struct piece {
    size_t begin, end;
    struct slice raw;    /* without the spaces around marks */
    struct slice fanged; /* the marks undone, case as it stood */
    bool is_defanged;    /* with a mark that stands for nothing else */
    enum observable type;
    struct slice value;
};

static uint8_t
byte_at(struct slice line, size_t at)
{
    return at < line.size ? line.data[at] : 0;
}

static uint8_t
byte_before(struct slice line, size_t at)
{
    return at ? line.data[at - 1] : 0;
}

static bool
has_byte_of(struct slice text, const char *bytes)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] && strchr(bytes, text.data[i]))
            return true;
    return false;
}

/* ---- a piece ------------------------------------------------------------ */

static bool
without_spaces(struct text_judge *j, struct slice text, struct slice *out)
{
    uint8_t *to;
    size_t n = 0;

    *out = text;
    if (slice_find(text, ' ') == text.size)
        return true;
    to = arena_alloc(j->arena, text.size);
    if (!to)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != ' ')
            to[n++] = text.data[i];
    *out = slice_of(to, n);
    return true;
}

/* Recognise the piece from `begin` to `end`. */
static bool
piece_read(struct text_judge *j, size_t begin, size_t end, struct piece *out)
{
    struct slice text = slice_of(j->line.data + begin, end - begin);

    *out = (struct piece){.begin = begin, .end = end};
    if (end <= begin || text.size > VALUE_BYTES_MAX ||
        !without_spaces(j, text, &out->raw) ||
        !value_refang(out->raw, j->arena, &out->fanged))
        return false;
    struct slice host = slice_first(out->raw, slice_find(out->raw, '/'));
    out->is_defanged = has_byte_of(host, "[({");
    return value_detect(out->raw, j->arena, &out->type, &out->value) == OK;
}

/* ---- versions, sections ------------------------------------------------- */

/* Take the last word off `text`. */
static struct slice
last_word(struct slice *text)
{
    size_t n;

    while (text->size &&
           strchr(" \t\"'`(:=,;*_/&-", text->data[text->size - 1]))
        text->size--;
    for (n = text->size; n && !strchr(" \t\"'`(:=,;*_/", text->data[n - 1]);)
        n--;
    struct slice word = slice_from(*text, n);
    text->size = n;
    if (word.size > 1 && word.data[word.size - 1] == '.')
        word.size--;
    return word;
}

/* "version 1.2.3.4", "versions prior to 1.2.3.4", "section 1.2.3.4" */
static bool
is_behind_version_word(struct slice before)
{
    if (before.size > LOOK_BACK)
        before = slice_from(before, before.size - LOOK_BACK);
    for (size_t words = 0; words < 3; words++) {
        struct slice word = last_word(&before);
        if (text_is_version_word(word))
            return true;
        if (!text_is_version_filler(word))
            return false;
    }
    return false;
}

/* "versions 1.2.3.4, 1.2.3.5 and 1.2.3.6" */
static bool
goes_on_from_version(const struct text_judge *j, size_t begin)
{
    struct slice between =
        slice_from(slice_first(j->line, begin), j->version_end);

    if (!j->version_end || between.size > LOOK_BACK)
        return false;
    for (size_t words = 0; between.size && words < 3; words++) {
        struct slice word = last_word(&between);
        if (word.size && !text_is_version_filler(word))
            return false;
    }
    return between.size == 0;
}

static bool
has_version_behind(struct slice behind)
{
    static const char *const words[] = {"버전", "版本", "バージョン"};

    behind = slice_trim(behind);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (ascii_starts(behind, words[i]))
            return true;
    return false;
}

/* "== 1.2.3.4 Title", and at the beginning of a line "1.2.3.4 Title" with
 * small numbers. */
static bool
is_section(struct slice line, const uint8_t address[IPV4_BYTES], size_t begin,
           size_t end)
{
    struct slice before = slice_trim(slice_first(line, begin));
    struct slice behind = slice_trim(slice_from(line, end));

    for (size_t i = 0; i < IPV4_BYTES; i++)
        if (address[i] > SECTION_PART_MAX)
            return false;
    for (size_t i = 0; i < before.size; i++)
        if (before.data[i] != '#' && before.data[i] != '=')
            return false;
    return before.size || (behind.size && ascii_is_space(byte_at(line, end)));
}

/* Tell whether four numbers as they stand are an address. */
static bool
is_address(struct text_judge *j, const struct piece *p, struct slice text)
{
    uint8_t address[IPV4_BYTES], before = byte_before(j->line, p->begin);

    if (!ipv4_parse(text, address) || address[0] == 0 || address[0] == 255 ||
        (address[2] == 0 && address[3] == 0))
        return false;
    /* "Browser/1.2.3.4"; "\\1.2.3.4\share" is none. */
    if (before == '.' || before == '/' || before == '\\')
        return p->begin > 1 && before != '.' &&
               j->line.data[p->begin - 2] == before;
    if (is_behind_version_word(slice_first(j->line, p->begin)) ||
        goes_on_from_version(j, p->begin) ||
        has_version_behind(slice_from(j->line, p->end)) ||
        is_section(j->line, address, p->begin, p->end)) {
        j->version_end = p->end;
        return false;
    }
    return true;
}

/* "2001:db8::1" is none of "12:30::15", "add::a", "std::b1". */
static bool
is_ipv6_in_text(struct slice text)
{
    size_t groups = 0, longest = 0, first = 0, length = 0;
    bool digit = false;

    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != ':') {
            digit = digit || ascii_is_digit(text.data[i]);
            length++;
            continue;
        }
        groups += length > 0;
        longest = length > longest ? length : longest;
        if (groups == 1 && first == 0)
            first = length;
        length = 0;
    }
    return digit && longest > 2 && (groups > 2 || first == 4);
}

/* ---- names -------------------------------------------------------------- */

/* Tell whether a defanged name ends as hosts do. */
static bool
is_defanged_host(struct slice name, struct arena *arena)
{
    struct slice last = slice_from(name, slice_find_last(name, '.')), out;

    if (last.size < 3 || !value_domain_guess(name, arena, &out))
        return false;
    last = slice_from(last, 1);
    for (size_t i = 0; i < last.size; i++)
        if (!ascii_is_letter(last.data[i]) && last.data[i] < 0x80)
            return ascii_starts(last, "xn--");
    return true;
}

/* In a path, a variable, a call or a mention, names are not hosts. */
static bool
stands_apart(struct slice line, size_t begin, size_t end)
{
    uint8_t before = byte_before(line, begin), next = byte_at(line, end);

    if (before == '\\' && begin > 1 && line.data[begin - 2] == '\\')
        before = 0;
    return !(before && strchr("/\\.$%~&#@", before)) && next != '\\' &&
           !(next == '(' && byte_at(line, end + 1) == ')');
}

static bool
is_host_piece(struct text_judge *j, const struct piece *p, struct slice name)
{
    while (name.size && name.data[name.size - 1] == '.')
        name.size--;
    if (p->is_defanged)
        return is_defanged_host(name, j->arena);
    return stands_apart(j->line, p->begin, p->end) &&
           text_is_host(name, p->type == OBSERVABLE_EMAIL_ADDRESS);
}

/* ---- what else there is ------------------------------------------------- */

/* Decimals alone, or one digit over and over, are no hash. */
static bool
is_hash(struct slice text)
{
    bool letter = false, change = false;

    for (size_t i = 0; i < text.size; i++) {
        letter = letter || ascii_is_letter(text.data[i]);
        change = change || text.data[i] != text.data[0];
    }
    return letter && change;
}

/* "AS174", "ASN174"; "as400" and "AS2" are something else. */
static bool
is_as(struct slice text)
{
    size_t name = ascii_starts(text, "asn") ? 3 : 2;

    return text.size >= name + AS_DIGITS_MIN &&
           (name == 3 || (text.data[0] == 'A' && text.data[1] == 'S')) &&
           !slice_is(text, "AS400");
}

/* The scheme says what it is: any top-level domain will do, but for a name
 * that stays within an organisation. */
static bool
is_outer_url(struct slice url)
{
    struct slice host = url_split(url).host;
    size_t dot = slice_find_last(host, '.');

    if (host.size && host.data[0] == '[')
        return true;
    return dot < host.size && !text_is_inner_top(slice_from(host, dot + 1));
}

static struct slice
host_of(const struct piece *p)
{
    struct slice name = p->fanged;

    switch (p->type) {
    case OBSERVABLE_EMAIL_ADDRESS:
        return slice_from(name, slice_find_last(name, '@') + 1);
    case OBSERVABLE_HOST_PORT:
    case OBSERVABLE_IP_PORT:
        return slice_first(name, slice_find_last(name, ':'));
    case OBSERVABLE_DOMAIN_TREE:
        return slice_from(name, 2);
    case OBSERVABLE_URL:
        return url_split(name).host;
    case OBSERVABLE_CIDR:
        return slice_first(name, slice_find(name, '/'));
    default:
        return name;
    }
}

/* Tell whether what was recognised is an indicator where it stands. */
static bool
counts(struct text_judge *j, const struct piece *p)
{
    uint8_t address[IPV4_BYTES];
    struct slice host = host_of(p);

    if (j->only_defanged && !p->is_defanged)
        return false;
    switch (p->type) {
    case OBSERVABLE_IPV4:
        return p->is_defanged || is_address(j, p, host);
    case OBSERVABLE_IPV6:
        return p->is_defanged || is_ipv6_in_text(host);
    case OBSERVABLE_CIDR:
    case OBSERVABLE_IP_PORT:
        return p->is_defanged || byte_before(j->line, p->begin) != '/';
    case OBSERVABLE_HOST_PORT:
    case OBSERVABLE_DOMAIN:
    case OBSERVABLE_DOMAIN_TREE:
    case OBSERVABLE_EMAIL_ADDRESS:
        return is_host_piece(j, p, host);
    case OBSERVABLE_URL:
        return ipv4_parse(host, address)
                   ? p->is_defanged || is_address(j, p, host)
                   : is_host_piece(j, p, host);
    case OBSERVABLE_MD5:
    case OBSERVABLE_SHA1:
    case OBSERVABLE_SHA256:
    case OBSERVABLE_SHA512:
        return is_hash(p->value);
    case OBSERVABLE_AS_NUMBER:
        return is_as(p->raw);
    default:
        return true;
    }
}

/* ---- spans -------------------------------------------------------------- */

static void
take(const struct text_judge *j, const struct piece *p)
{
    j->sink->found(j->sink->context, p->begin, p->type, p->value);
}

static void
say(const struct text_judge *j, size_t at, enum fault_weight weight,
    const char *text)
{
    j->sink->said(j->sink->context, at, weight, text);
}

/* Behind a host a slash begins a path or the size of a block. */
static bool
path_take(struct text_judge *j, size_t begin, struct text_span *span)
{
    struct text_span path = {.begin = begin};
    const char *stands_for = "";
    struct piece p;

    if (byte_at(j->line, span->end) != '/' &&
        (!value_mark_size(slice_from(j->line, span->end), &stands_for) ||
         *stands_for != '/'))
        return false;
    path.end = text_path_end(j->line, span->end, &path);
    if (!piece_read(j, begin, path.end, &p) ||
        (p.type != OBSERVABLE_URL && p.type != OBSERVABLE_CIDR) ||
        value_scheme_size(p.value) || !counts(j, &p))
        return false;
    span->end = path.end;
    if (path.is_several)
        say(j, begin, FAULT_REFUSED,
            "this URL stands for several: write each of them");
    else if (path.is_cut)
        say(j, begin, FAULT_REFUSED, "this URL is cut short");
    else
        take(j, &p);
    return true;
}

static bool
range_take(struct text_judge *j, size_t begin, size_t end,
           struct text_span *span)
{
    struct piece p;

    if (end == span->end && path_take(j, begin, span))
        return true;
    while (end > begin && strchr(".-:@+_", j->line.data[end - 1]))
        end--;
    if (!piece_read(j, begin, end, &p) || !counts(j, &p))
        return false;
    take(j, &p);
    return true;
}

/* "AS 23434" */
static bool
as_take(struct text_judge *j, struct text_span *span)
{
    struct slice word =
        slice_of(j->line.data + span->begin, span->end - span->begin);
    size_t at = span->end + 1, n = 0;
    struct piece p;

    if ((!slice_is(word, "AS") && !slice_is(word, "ASN")) ||
        byte_at(j->line, span->end) != ' ')
        return false;
    while (ascii_is_digit(byte_at(j->line, at + n)))
        n++;
    uint8_t next = byte_at(j->line, at + n);
    if (n < AS_DIGITS_MIN || ascii_is_alnum(next) || next == '-' ||
        (next == '.' && ascii_is_alnum(byte_at(j->line, at + n + 1))))
        return false;
    p = (struct piece){.begin = span->begin, .type = OBSERVABLE_AS_NUMBER};
    if (j->only_defanged ||
        value_check(OBSERVABLE_AS_NUMBER, slice_of(j->line.data + at, n),
                    j->arena, &p.value))
        return false;
    span->end = at + n;
    take(j, &p);
    return true;
}

/* "ip:192.0.2.1:443", "sha256:...": the whole, then what stands behind the
 * first colon, then each part. */
static void
atom_judge(struct text_judge *j, struct text_span *span)
{
    size_t begin = span->begin, end = span->end;

    if (j->line.data[begin] == '_' && j->line.data[end - 1] == '_')
        begin++;
    if (as_take(j, span) || range_take(j, begin, end, span))
        return;
    struct slice rest = slice_of(j->line.data + begin, end - begin);
    size_t n = slice_find(rest, ':');
    if (n < rest.size && range_take(j, begin + n + 1, end, span))
        return;
    if (!has_byte_of(rest, ":@"))
        return;
    for (size_t at = begin; at < end; at = at + n + 1) {
        rest = slice_of(j->line.data + at, end - at);
        for (n = 0;
             n < rest.size && rest.data[n] != ':' && rest.data[n] != '@';)
            n++;
        arena_reset(j->arena);
        (void)range_take(j, at, at + n, span);
    }
}

static void
url_judge(struct text_judge *j, const struct text_span *span)
{
    bool is_escaped = byte_before(j->line, span->begin) == '\\';
    struct piece p;

    if (!piece_read(j, span->begin, span->end, &p) ||
        p.type != OBSERVABLE_URL || value_scheme_size(p.value) == 0)
        return;
    p.is_defanged = is_escaped || !slice_equal(p.raw, p.fanged);
    if (!p.is_defanged && (j->only_defanged || !is_outer_url(p.value)))
        return;
    if (!p.is_defanged && span->is_link)
        say(j, span->begin, FAULT_REMARK,
            "this link is for readers: it is left out");
    else if (span->is_several)
        say(j, span->begin, FAULT_REFUSED,
            "this URL stands for several: write each of them");
    else if (span->is_cut)
        say(j, span->begin, FAULT_REFUSED, "this URL is cut short");
    else
        take(j, &p);
}

static void
key_judge(struct text_judge *j, const struct text_span *span)
{
    struct piece p;

    if (j->only_defanged || !piece_read(j, span->begin, span->end, &p))
        return;
    p.type = OBSERVABLE_REGISTRY_KEY;
    if (span->is_open)
        say(j, span->begin, FAULT_REFUSED,
            "this key may go on behind the space: put it in quotes");
    else if (value_check(
                 p.type,
                 slice_of(j->line.data + span->begin, span->end - span->begin),
                 j->arena, &p.value) == OK)
        take(j, &p);
}

void
text_judge(struct text_judge *j, struct text_span *span)
{
    arena_reset(j->arena);
    switch (span->kind) {
    case TEXT_ATOM:
        atom_judge(j, span);
        return;
    case TEXT_URL:
        url_judge(j, span);
        return;
    case TEXT_KEY:
        key_judge(j, span);
        return;
    }
}

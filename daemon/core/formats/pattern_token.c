#include "core/formats/pattern_token.h"

#include "core/formats/ascii.h"
#include "core/formats/pattern_constant.h"

struct scan {
    struct slice pattern;
    size_t at;
    struct pattern_token *token;
    struct pattern_fault *fault;
};

static bool
fail(const struct scan *s, size_t at, const char *text)
{
    *s->fault = (struct pattern_fault){ERR_VALUE, text, at};
    return false;
}

/* Give the byte that stands `n` behind the place; 0 behind the end, which no
 * token holds. */
static uint8_t
peek(const struct scan *s, size_t n)
{
    size_t left = s->pattern.size - s->at;

    return n < left ? s->pattern.data[s->at + n] : 0;
}

/* End the token here; its text is what lies between both places. */
static bool
take(struct scan *s, enum pattern_kind kind, size_t begin, size_t end)
{
    s->token->kind = kind;
    s->token->text = slice_of(s->pattern.data + begin, end - begin);
    return true;
}

/* White space beyond ASCII, as UTF-8, in the order of its code points. */
static size_t
wide_space_size(struct slice s)
{
    static const char *const spaces[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };

    if (s.size >= 3 && s.data[0] == 0xe2 && s.data[1] == 0x80 &&
        s.data[2] >= 0x80 && s.data[2] <= 0x8a)
        return 3;
    for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
        size_t n = strlen(spaces[i]);
        if (s.size >= n && slice_is(slice_first(s, n), spaces[i]))
            return n;
    }
    return 0;
}

static size_t
space_size(const struct scan *s)
{
    uint8_t c = peek(s, 0);

    if (c < 0x80)
        return ascii_is_space(c);
    return wide_space_size(slice_from(s->pattern, s->at));
}

/* Pass over a comment, if one begins here; false if it never ends. */
static bool
skip_comment(struct scan *s, bool *found)
{
    struct slice rest = slice_from(s->pattern, s->at);
    uint8_t second = peek(s, 1);

    *found = peek(s, 0) == '/' && (second == '/' || second == '*');
    if (!*found)
        return true;
    if (second == '/') {
        while (s->at < s->pattern.size && peek(s, 0) != '\n' &&
               peek(s, 0) != '\r')
            s->at++;
        return true;
    }
    for (size_t i = 2; i + 1 < rest.size; i++)
        if (rest.data[i] == '*' && rest.data[i + 1] == '/') {
            s->at += i + 2;
            return true;
        }
    return fail(s, s->at, "a comment of the pattern is not closed");
}

static bool
skip_blank(struct scan *s)
{
    bool found = true;

    while (found) {
        size_t n = space_size(s);
        found = n > 0;
        s->at += n;
        if (!found && !skip_comment(s, &found))
            return false;
    }
    return true;
}

/* Take what stands in single quotes, the first of them here. */
static bool
take_quoted(struct scan *s, enum pattern_kind kind)
{
    size_t begin = s->at + 1;

    for (s->at++; s->at < s->pattern.size; s->at++) {
        uint8_t c = peek(s, 0), next = peek(s, 1);
        if (c == '\'') {
            s->at++;
            return take(s, kind, begin, s->at - 1);
        }
        if (c != '\\')
            continue;
        if (s->at + 1 < s->pattern.size && next != '\'' && next != '\\')
            return fail(s, s->at,
                        "a backslash stands before a quote or a backslash "
                        "alone in a string of the pattern");
        s->at++;
    }
    return fail(s, begin - 1, "a quote of the pattern is not closed");
}

/* Constants that have a letter before their quote. */
static const struct constant {
    char letter;
    enum pattern_kind kind;
    bool (*is_good)(struct slice text);
    const char *text;
} constants[] = {
    {'h', PATTERN_HEX, pattern_is_hex,
     "a constant h'..' has pairs of hexadecimal digits"},
    {'b', PATTERN_BINARY, pattern_is_base64, "a constant b'..' has base64"},
    {'t', PATTERN_STAMP, pattern_is_stamp,
     "a constant t'..' has a time such as 2026-11-23T17:04:12.5Z"},
};

/* Tell whether a constant with a letter begins here. */
static const struct constant *
constant_here(const struct scan *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
        if (peek(s, 0) == (uint8_t)constants[i].letter && peek(s, 1) == '\'')
            return &constants[i];
    return NULL;
}

static bool
take_constant(struct scan *s, const struct constant *c)
{
    size_t begin = s->at++;

    if (!take_quoted(s, c->kind))
        return false;
    return c->is_good(s->token->text) || fail(s, begin, c->text);
}

static const struct word {
    const char *text;
    enum pattern_kind kind;
} words[] = {
    {"AND", PATTERN_AND},
    {"OR", PATTERN_OR},
    {"NOT", PATTERN_NOT},
    {"FOLLOWEDBY", PATTERN_FOLLOWEDBY},
    {"EXISTS", PATTERN_EXISTS},
    {"IN", PATTERN_IN},
    {"LIKE", PATTERN_TEXT_TEST},
    {"MATCHES", PATTERN_TEXT_TEST},
    {"ISSUBSET", PATTERN_TEXT_TEST},
    {"ISSUPERSET", PATTERN_TEXT_TEST},
    {"START", PATTERN_START},
    {"STOP", PATTERN_STOP},
    {"WITHIN", PATTERN_WITHIN},
    {"SECONDS", PATTERN_SECONDS},
    {"REPEATS", PATTERN_REPEATS},
    {"TIMES", PATTERN_TIMES},
    {"true", PATTERN_BOOLEAN},
    {"false", PATTERN_BOOLEAN},
};

static bool
take_word(struct scan *s)
{
    size_t begin = s->at;
    enum pattern_kind kind = PATTERN_NAME;

    for (; ascii_is_alnum(peek(s, 0)) || peek(s, 0) == '_' || peek(s, 0) == '-';
         s->at++)
        if (peek(s, 0) == '-')
            kind = PATTERN_DASHED;
    struct slice text = slice_of(s->pattern.data + begin, s->at - begin);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (slice_is(text, words[i].text))
            kind = words[i].kind;
    return take(s, kind, begin, s->at);
}

/* Longer ones before those that they begin with. */
static const struct word signs[] = {
    {"==", PATTERN_EQUAL},      {"=", PATTERN_EQUAL},
    {"!=", PATTERN_UNEQUAL},    {"<>", PATTERN_UNEQUAL},
    {"<=", PATTERN_ORDER},      {"<", PATTERN_ORDER},
    {">=", PATTERN_ORDER},      {">", PATTERN_ORDER},
    {":", PATTERN_COLON},       {".", PATTERN_DOT},
    {",", PATTERN_COMMA},       {"*", PATTERN_STAR},
    {"(", PATTERN_ROUND_OPEN},  {")", PATTERN_ROUND_CLOSE},
    {"[", PATTERN_SQUARE_OPEN}, {"]", PATTERN_SQUARE_CLOSE},
};

static bool
take_sign(struct scan *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        const char *text = signs[i].text;
        size_t n = strlen(text);
        if (peek(s, 0) != (uint8_t)text[0] ||
            (n > 1 && peek(s, 1) != (uint8_t)text[1]))
            continue;
        s->at += n;
        return take(s, signs[i].kind, s->at - n, s->at);
    }
    return fail(s, s->at, "no part of a pattern begins with this character");
}

static void
skip_digits(struct scan *s)
{
    while (ascii_is_digit(peek(s, 0)))
        s->at++;
}

/* A number begins with a digit, or with a sign or point before one. */
static bool
is_number_here(const struct scan *s)
{
    size_t n = peek(s, 0) == '+' || peek(s, 0) == '-';

    return ascii_is_digit(peek(s, n)) ||
           (peek(s, n) == '.' && ascii_is_digit(peek(s, n + 1)));
}

static bool
take_number(struct scan *s)
{
    size_t begin = s->at;

    s->at += peek(s, 0) == '+' || peek(s, 0) == '-';
    size_t digits = s->at;
    skip_digits(s);
    if (peek(s, 0) == '.' && ascii_is_digit(peek(s, 1))) {
        s->at++;
        skip_digits(s);
        return take(s, PATTERN_FLOAT, begin, s->at);
    }
    if (s->at - digits > 1 && s->pattern.data[digits] == '0')
        return fail(s, begin, "a whole number does not begin with a zero");
    return take(s, PATTERN_INTEGER, begin, s->at);
}

static bool
take_token(struct scan *s)
{
    uint8_t c = peek(s, 0);
    const struct constant *constant = constant_here(s);

    if (s->at == s->pattern.size)
        return take(s, PATTERN_END, s->at, s->at);
    if (constant)
        return take_constant(s, constant);
    if (c == '\'')
        return take_quoted(s, PATTERN_STRING);
    if (ascii_is_letter(c) || c == '_')
        return take_word(s);
    return is_number_here(s) ? take_number(s) : take_sign(s);
}

bool
pattern_token_next(struct slice pattern, size_t *at,
                   struct pattern_token *token, struct pattern_fault *fault)
{
    struct scan s = {pattern, *at, token, fault};

    if (!skip_blank(&s))
        return false;
    token->at = s.at;
    if (!take_token(&s))
        return false;
    *at = s.at;
    return true;
}

enum err
pattern_string(struct slice text, struct arena *arena, struct slice *out)
{
    size_t size = 0;

    if (slice_find(text, '\\') == text.size) {
        *out = text;
        return OK;
    }
    uint8_t *to = arena_alloc(arena, text.size);
    if (!to)
        return ERR_BUDGET;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\\' && i + 1 < text.size)
            i++;
        to[size++] = text.data[i];
    }
    *out = slice_of(to, size);
    return OK;
}

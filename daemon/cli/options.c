#include "cli/options.h"

#include "core/base/mem.h"
#include "edge/control/ids.h"

#include <assert.h>

#define NAMES_MAX 128
#define WORD_MAX 64

/* ---- the nearest name --------------------------------------------------- */

static size_t
least(size_t a, size_t b, size_t c)
{
    size_t n = a < b ? a : b;

    return n < c ? n : c;
}

/* Count the letters to change, add or drop (Levenshtein). */
static size_t
distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t size = strlen(b);

    if (strlen(a) > WORD_MAX || size > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= size; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= size; j++) {
            size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1,
                           corner + (a[i - 1] != b[j - 1]));
            corner = above;
        }
    }
    return row[size];
}

const char *
nearest(const char *word, const char *const *names, size_t count)
{
    const char *found = NULL;
    size_t best = strlen(word) / 2 + 1;

    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, names[i]);
        if (d <= best && d < WORD_MAX) {
            best = d ? d - 1 : 0;
            found = names[i];
        }
    }
    return found;
}

/* ---- reading ------------------------------------------------------------ */

static const struct option *
find_name(const struct options *o, const char *name, size_t size)
{
    for (size_t t = 0; t < OPTION_TABLES; t++) {
        for (const struct option *p = o->tables[t]; p && p->name; p++) {
            if (strncmp(p->name, name, size) == 0 && p->name[size] == 0)
                return p;
        }
    }
    return NULL;
}

static const struct option *
find_letter(const struct options *o, char letter)
{
    for (size_t t = 0; t < OPTION_TABLES; t++) {
        for (const struct option *p = o->tables[t]; p && p->name; p++) {
            if (p->letter == letter)
                return p;
        }
    }
    return NULL;
}

static void
say_unknown(const struct options *o, const char *argument, size_t size)
{
    const char *names[NAMES_MAX];
    char word[WORD_MAX + 1] = {0};
    size_t count = 0;

    for (size_t t = 0; t < OPTION_TABLES; t++) {
        for (const struct option *p = o->tables[t];
             p && p->name && count < NAMES_MAX; p++)
            names[count++] = p->name;
    }
    if (size > WORD_MAX)
        size = WORD_MAX;
    memcpy(word, argument, size);
    const char *near = nearest(word, names, count);
    (void)fprintf(stderr, "sealane: there is no option --%s", word);
    if (near)
        (void)fprintf(stderr, "; did you mean --%s?", near);
    (void)fputc('\n', stderr);
}

static void
give(struct options *o, const struct option *option, const char *text)
{
    o->given[o->given_count++] = (struct given){option, text};
}

/* Read "--name", "--name=text" or "--name text"; gives how many arguments
 * that took, 0 on a fault. */
static int
read_long(struct options *o, const char *argument, const char *next)
{
    const char *equals = strchr(argument, '=');
    size_t size = equals ? (size_t)(equals - argument) : strlen(argument);
    const struct option *option = find_name(o, argument, size);

    if (!option) {
        say_unknown(o, argument, size);
        return 0;
    }
    if (!option->argument && equals) {
        (void)fprintf(stderr, "sealane: --%s takes nothing behind it\n",
                      option->name);
        return 0;
    }
    if (option->argument && !equals && !next) {
        (void)fprintf(stderr, "sealane: --%s needs %s behind it\n",
                      option->name, option->argument);
        return 0;
    }
    give(o, option, equals ? equals + 1 : option->argument ? next : NULL);
    return option->argument && !equals ? 2 : 1;
}

static int
read_short(struct options *o, const char *argument, const char *next)
{
    const struct option *option = find_letter(o, argument[0]);

    if (!option) {
        (void)fprintf(stderr, "sealane: there is no option -%s\n", argument);
        return 0;
    }
    if (!option->argument && argument[1]) {
        (void)fprintf(stderr, "sealane: -%c takes nothing behind it\n",
                      option->letter);
        return 0;
    }
    if (option->argument && !argument[1] && !next) {
        (void)fprintf(stderr, "sealane: -%c needs %s behind it\n",
                      option->letter, option->argument);
        return 0;
    }
    if (!option->argument || argument[1]) {
        give(o, option, argument[1] ? argument + 1 : NULL);
        return 1;
    }
    give(o, option, next);
    return 2;
}

bool
options_read(struct options *o, char **arguments, int count)
{
    bool words_only = false;
    int used;

    o->given = mem_new(((size_t)count + 1) * sizeof *o->given);
    o->words = mem_new(((size_t)count + 1) * sizeof *o->words);
    for (int i = 0; i < count; i += used) {
        const char *a = arguments[i];
        const char *next = i + 1 < count ? arguments[i + 1] : NULL;
        used = 1;
        if (words_only || a[0] != '-' || a[1] == '\0')
            o->words[o->word_count++] = a;
        else if (strcmp(a, "--") == 0)
            words_only = true;
        else if (a[1] == '-')
            used = read_long(o, a + 2, next);
        else
            used = read_short(o, a + 1, next);
        if (used == 0)
            return false;
    }
    return true;
}

void
options_clear(struct options *o)
{
    mem_free(o->given);
    mem_free(o->words);
    o->given = NULL;
    o->words = NULL;
}

/* ---- asking ------------------------------------------------------------- */

const char *
option_nth(const struct options *o, const char *name, size_t i)
{
    const struct option *option = find_name(o, name, strlen(name));

    assert(option);
    for (size_t at = 0; at < o->given_count; at++) {
        if (o->given[at].option == option && i-- == 0)
            return o->given[at].text;
    }
    return NULL;
}

const char *
option_text(const struct options *o, const char *name)
{
    const char *text = NULL, *next;

    for (size_t i = 0; (next = option_nth(o, name, i)); i++)
        text = next;
    return text;
}

bool
option_is(const struct options *o, const char *name)
{
    const struct option *option = find_name(o, name, strlen(name));

    assert(option);
    for (size_t at = 0; at < o->given_count; at++) {
        if (o->given[at].option == option)
            return true;
    }
    return false;
}

bool
option_number(const struct options *o, const char *name, uint64_t max,
              uint64_t otherwise, uint64_t *out)
{
    const char *text = option_text(o, name);
    uint64_t value;

    if (!text) {
        *out = otherwise;
        return true;
    }
    if (!decimal_parse(slice_str(text), &value) || value > max) {
        (void)fprintf(stderr,
                      "sealane: --%s %s: give a number from 0 to %llu\n", name,
                      text, (unsigned long long)max);
        return false;
    }
    *out = value;
    return true;
}

bool
option_limit(const struct options *o, uint64_t max, uint64_t otherwise,
             uint64_t *out)
{
    uint64_t value;

    if (!option_number(o, "limit", max, otherwise, &value))
        return false;
    if (value == 0) {
        (void)fputs("sealane: --limit 0: at most none is nothing to look for\n",
                    stderr);
        return false;
    }
    *out = value;
    return true;
}

struct unit {
    const char *name;
    uint64_t ms;
};

static const struct unit units[] = {
    {"s", 1000},    {"min", 60000},  {"m", 60000},
    {"h", 3600000}, {"d", 86400000}, {"w", UINT64_C(604800000)},
};

bool
span_parse(struct slice text, uint64_t *out_ms)
{
    size_t digits = 0;
    uint64_t value;

    while (digits < text.size && text.data[digits] >= '0' &&
           text.data[digits] <= '9')
        digits++;
    if (digits > 6 || !decimal_parse(slice_of(text.data, digits), &value))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (slice_is(slice_of(text.data + digits, text.size - digits),
                     units[i].name)) {
            *out_ms = value * units[i].ms;
            return true;
        }
    }
    return false;
}

bool
option_span(const struct options *o, const char *name, uint64_t otherwise,
            uint64_t *out_ms)
{
    const char *text = option_text(o, name);

    if (!text) {
        *out_ms = otherwise;
        return true;
    }
    if (span_parse(slice_str(text), out_ms))
        return true;
    (void)fprintf(stderr,
                  "sealane: --%s %s: give a time span such as 60s, 5min, "
                  "8h, 30d or 2w\n",
                  name, text);
    return false;
}

#include "cli/commands.h"

#include "core/base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <unistd.h>

static const struct option everywhere[] = {
    {"help", 'h', NULL, "say what the command does"},
    {"json", 0, NULL, "write JSON, one document on a line"},
    {NULL, 0, NULL, NULL},
};

bool
command_exists(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return true;
    }
    return false;
}

int
complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)fputs("sealane: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    return FAILED;
}

int
command_usage(const struct run *run)
{
    return complain("usage: sealane %s %s", run->command->name,
                    run->command->synopsis);
}

/* ---- finding ------------------------------------------------------------ */

/* Find the command that the first arguments name, one or two words; `used`
 * says how many. */
static const struct command *
find(int count, char **arguments, int *used)
{
    char name[64];

    for (*used = count < 2 ? count : 2; *used > 0; --*used) {
        (void)snprintf(name, sizeof name, "%s%s%s", arguments[0],
                       *used > 1 ? " " : "", *used > 1 ? arguments[1] : "");
        for (size_t i = 0; i < command_count; i++) {
            if (strcmp(commands[i].name, name) == 0)
                return &commands[i];
        }
    }
    return NULL;
}

/* Tell whether `word` begins commands of two words, and list them. */
static bool
say_family(const char *word)
{
    size_t size = strlen(word);
    const char *before = "sealane: which one? ";
    bool any = false;

    for (size_t i = 0; i < command_count; i++) {
        if (strncmp(commands[i].name, word, size) != 0 ||
            commands[i].name[size] != ' ')
            continue;
        (void)fprintf(stderr, "%s%s", before, commands[i].name);
        before = ", ";
        any = true;
    }
    if (any)
        (void)fputc('\n', stderr);
    return any;
}

static int
say_unknown(int count, char **arguments)
{
    const char *names[COMMANDS_MAX], *near;
    char words[64];

    assert(arguments[0]);
    if (say_family(arguments[0]))
        return FAILED;
    for (size_t i = 0; i < command_count; i++)
        names[i] = commands[i].name;
    (void)snprintf(words, sizeof words, "%s%s%s", arguments[0],
                   count > 1 ? " " : "", count > 1 ? arguments[1] : "");
    near = nearest(words, names, command_count);
    if (!near)
        near = nearest(arguments[0], names, command_count);
    if (near)
        return complain("there is no command %s; did you mean %s?",
                        arguments[0], near);
    return complain("there is no command %s; sealane help lists them",
                    arguments[0]);
}

/* ---- help --------------------------------------------------------------- */

static void
print_options(const struct option *o)
{
    char left[64];

    for (; o && o->name; o++) {
        (void)snprintf(left, sizeof left, "%s%c%s--%s%s%s",
                       o->letter ? "-" : "", o->letter ? o->letter : ' ',
                       o->letter ? ", " : "   ", o->name,
                       o->argument ? " " : "", o->argument ? o->argument : "");
        (void)printf("  %-26s %s\n", left, o->help);
    }
}

static void
print_command(const struct command *c)
{
    (void)printf("sealane %s %s\n\n%s\n\n", c->name, c->synopsis, c->help);
    print_options(c->options[0]);
    print_options(c->options[1]);
    print_options(everywhere);
}

static int
print_all(FILE *out)
{
    (void)fputs("sealane COMMAND [OPTION...]: exchange threat indicators "
                "between CERTs\n\n",
                out);
    for (size_t i = 0; i < command_count; i++)
        (void)fprintf(out, "  %-13s %s\n", commands[i].name, commands[i].help);
    (void)fputs("\nsealane help COMMAND says more. Exit codes: 0 ok; 1 no "
                "match or warning;\n2 usage or critical; 3 some objects "
                "refused; 5 safe but not yet receipted.\n",
                out);
    return out == stdout ? DONE : FAILED;
}

int
command_help(struct run *run)
{
    const struct options *o = &run->options;
    int used, count = (int)o->word_count;
    char *words[2] = {NULL, NULL};
    const struct command *c;

    if (count == 0)
        return print_all(stdout);
    for (int i = 0; i < count && i < 2; i++)
        words[i] = (char *)(uintptr_t)o->words[i];
    c = find(count > 2 ? 2 : count, words, &used);
    if (!c)
        return say_unknown(count > 2 ? 2 : count, words);
    print_command(c);
    return DONE;
}

/* ---- running ------------------------------------------------------------ */

static int
finish(int code)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return complain("the output cannot be written");
    return code;
}

static int
run_command(const struct command *c, char **arguments, int count)
{
    struct run run = {.command = c};
    int code = FAILED;

    run.options.tables[0] = everywhere;
    run.options.tables[1] = c->options[0];
    run.options.tables[2] = c->options[1];
    if (options_read(&run.options, arguments, count)) {
        run.json = option_is(&run.options, "json");
        run.terminal = !run.json && isatty(STDOUT_FILENO) == 1;
        if (option_is(&run.options, "help")) {
            print_command(c);
            code = DONE;
        } else {
            code = c->function(&run);
        }
    }
    options_clear(&run.options);
    return finish(code);
}

int
commands_run(int count, char **arguments)
{
    int used;
    const struct command *c;

    if (count == 0)
        return print_all(stderr);
    if (strcmp(arguments[0], "--version") == 0) {
        (void)printf("sealane %s\n", SEALANE_VERSION);
        return finish(DONE);
    }
    if (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0)
        return finish(print_all(stdout));
    c = find(count, arguments, &used);
    if (!c)
        return say_unknown(count, arguments);
    return run_command(c, arguments + used, count - used);
}

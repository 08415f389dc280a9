#include "cli/states.h"

#include "cli/asked.h"
#include "cli/entry.h"

#include <sys/stat.h>

static bool
is_command(const struct run *run, const char *name)
{
    return strcmp(run->command->name, name) == 0;
}

static bool
has_daemon_states(const struct run *run)
{
    return is_command(run, "list") || is_command(run, "export");
}

static bool
has_index_states(const struct run *run)
{
    return is_command(run, "search") || is_command(run, "export");
}

bool
states_have(const struct run *run, const char *word)
{
    return (has_daemon_states(run) && entry_is_state(word)) ||
           (has_index_states(run) && asked_is_state(word));
}

static bool
is_directory(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static void
known_put(struct buf *out, const char *word)
{
    buf_put_str(out, out->size ? ", " : "");
    buf_put_str(out, word);
}

static void
complain_of(const struct run *run, const char *word)
{
    struct buf known = {0};
    const char *state;

    for (size_t i = 0; has_index_states(run) && (state = asked_state_nth(i));
         i++)
        known_put(&known, state);
    for (size_t i = 0; has_daemon_states(run) && (state = entry_state_nth(i));
         i++)
        if (!has_index_states(run) || !asked_is_state(state))
            known_put(&known, state);
    (void)complain("--state %s: neither a state directory nor a state of "
                   "messages; there are %.*s",
                   word, (int)known.size, (const char *)known.data);
    buf_clear(&known);
}

/* Beside --socket no directory says anything: what stands there was meant as
 * a state. */
bool
states_check(const struct run *run)
{
    bool has_socket = option_is(&run->options, "socket");
    const char *word;

    for (size_t i = 0; (word = option_nth(&run->options, "state", i)); i++) {
        if (states_have(run, word) || (!has_socket && is_directory(word)))
            continue;
        complain_of(run, word);
        return false;
    }
    return true;
}

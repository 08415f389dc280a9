#include "cli/commands.h"

#include "core/crypto/memory.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>

int
main(int count, char **arguments)
{
    /* Letters are UTF-8 whatever the user's locale says; texts and times are
     * the same everywhere. */
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        (void)setlocale(LC_CTYPE, "");
    (void)signal(SIGPIPE, SIG_DFL);
    crypto_memory_begin();
    return commands_run(count - 1, arguments + 1);
}

#include "cli/agree.h"

#include "edge/control/ids.h"

#define ANSWER_CHARACTERS_MAX 32

bool
agree_count(const struct run *run, const char *question, uint64_t total,
            const char *done)
{
    const char *said = option_text(&run->options, "count");
    char line[ANSWER_CHARACTERS_MAX] = "";
    uint64_t number;

    if (!said) {
        (void)fprintf(stderr, "%s: ", question);
        if (!fgets(line, sizeof line, stdin))
            line[0] = 0;
        line[strcspn(line, "\r\n")] = 0;
        said = line;
    }
    if (decimal_parse(slice_str(said), &number) && number == total)
        return true;
    (void)complain("it is %llu messages; nothing is %s",
                   (unsigned long long)total, done);
    return false;
}

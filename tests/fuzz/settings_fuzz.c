/* sealane.yaml, out of memory that has a name like a file: good settings, or
 * a message that says what is wrong. */
#include "harness.h"

#include "edge/turn/settings.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define MESSAGE_BYTES 1024

static void
one(struct slice input)
{
    static struct settings settings;
    static int fd = -1;
    char path[64], message[MESSAGE_BYTES] = {0};

    if (fd < 0)
        fd = memfd_create("settings", MFD_CLOEXEC);
    assert(fd >= 0);
    int cut = ftruncate(fd, 0);
    ssize_t wrote = pwrite(fd, input.data, input.size, 0);
    assert(cut == 0 && wrote == (ssize_t)input.size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (settings_read(path, &settings, message, sizeof message) == OK) {
        assert(settings.peer_count <= PEERS_MAX);
        assert(settings.user_count <= SETTINGS_ROLES_MAX);
        assert(settings.team.text[0] && settings.state[0]);
        assert(settings.batches_in_flight >= 1 &&
               settings.batches_in_flight <= BATCHES_IN_FLIGHT_MAX);
        assert(settings.body_bytes_max <= BODY_MAX);
    } else {
        assert(message[0] && memchr(message, 0, sizeof message));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}

#include "cli/backup.h"

#include "cli/commands.h"
#include "edge/journal/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MESSAGE_MAX 1024

static bool
failed(const char *what)
{
    (void)complain("%s: %s", what, strerror(errno));
    return false;
}

/* A part that was copied takes its place; one that was not has it. */
static bool
parts_place(int folder, const struct manifest *m)
{
    char name[BACKUP_NAME_MAX];

    for (size_t i = 0; i < m->count; i++) {
        const char *to = m->parts[i].part.name;
        (void)snprintf(name, sizeof name, "%.58s" PART_NEW, to);
        if (renameat(folder, name, folder, to) != 0 && errno != ENOENT)
            return failed(to);
    }
    return true;
}

/* Remove what stands in the journal's folder and belongs to no part. */
static bool
strangers_remove(int journal, const struct manifest *m)
{
    int fd = openat(journal, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    char name[BACKUP_NAME_MAX];
    const struct dirent *entry;
    bool good = list != NULL;

    while (good && (entry = readdir(list))) {
        (void)snprintf(name, sizeof name, JOURNAL_FOLDER "/%.32s",
                       entry->d_name);
        if (entry->d_name[0] != '.' && !manifest_find(m, name))
            good = unlinkat(journal, entry->d_name, 0) == 0;
    }
    if (!good)
        (void)failed(JOURNAL_FOLDER);
    if (list)
        (void)closedir(list);
    else if (fd >= 0)
        (void)close(fd);
    return good;
}

static bool
settle(int folder, const struct manifest *m)
{
    int journal =
        openat(folder, JOURNAL_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = journal >= 0 || failed(JOURNAL_FOLDER);

    good = good && parts_place(folder, m) && strangers_remove(journal, m);
    if (good && (fsync(journal) != 0 || fsync(folder) != 0 ||
                 renameat(folder, MANIFEST_NEW, folder, MANIFEST_NAME) != 0 ||
                 fsync(folder) != 0))
        good = failed(MANIFEST_NAME);
    if (journal >= 0)
        (void)close(journal);
    return good;
}

bool
backup_settle(int folder)
{
    struct manifest m;
    enum err e = manifest_read(folder, MANIFEST_NEW, &m);

    if (e == ERR_NOT_FOUND)
        return true;
    if (e == ERR_IO)
        return failed(MANIFEST_NEW);
    if (e)
        return complain(MANIFEST_NEW " is not what sealane wrote"), false;
    bool good = !m.complete || settle(folder, &m);
    manifest_clear(&m);
    return good;
}

bool
backup_open_journal(const char *path, const struct journal_opening *how,
                    struct journal **out)
{
    char folder[1024], message[MESSAGE_MAX] = "";
    struct journal_opening opening = *how;
    int size = snprintf(folder, sizeof folder, "%s/" JOURNAL_FOLDER, path);

    if (size < 0 || (size_t)size >= sizeof folder)
        return complain("the path %s is too long", path), false;
    opening.directory = folder;
    if (journal_open_to_read(&opening, out, message, sizeof message) == OK)
        return true;
    (void)complain("the journal cannot be read: %s", message);
    return false;
}

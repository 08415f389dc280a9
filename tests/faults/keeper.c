#include "keeper.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char made[] = "made\n";

void
keeper_prepare(struct disk *d)
{
    (void)folder_make(disk_root(d), "signer", true);
    file_sync(disk_root(d));
}

/* As the signer: a journal is made only where there never was one. */
static enum err
journal_take(struct keeper *k)
{
    struct stat st;
    const ssize_t size = sizeof made - 1;

    if (fstat(k->lock, &st) != 0)
        return ERR_IO;
    const struct signer_journal_place place = {
        .folder = k->folder, .name = "journal", .create = st.st_size == 0};
    enum err e = signer_journal_open(&place, k->signer, &k->journal);
    if (e || st.st_size)
        return e;
    if (pwrite(k->lock, made, (size_t)size, 0) != size || fsync(k->lock) != 0)
        return ERR_IO;
    return OK;
}

enum err
keeper_open(struct keeper *k, const struct team *team)
{
    enum err e = ERR_IO;

    *k = (struct keeper){.lock = -1, .journal = {.fd = -1}};
    k->folder = open(KEEPER_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (k->folder >= 0)
        k->lock = openat(k->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (k->lock >= 0 && flock(k->lock, LOCK_EX | LOCK_NB) == 0) {
        k->signer = signer_new(&team->name, team->seeds);
        e = journal_take(k);
    }
    if (e)
        keeper_close(k);
    return e;
}

enum err
keeper_answer(struct keeper *k, struct slice request, uint64_t clock_s,
              struct buf *answer)
{
    struct buf records = {0};
    enum err e = signer_answer(k->signer, request, clock_s, &records, answer);

    if (!e && records.size)
        e = signer_journal_append(&k->journal, buf_slice(&records));
    buf_clear(&records);
    return e;
}

void
keeper_close(struct keeper *k)
{
    signer_free(k->signer);
    signer_journal_close(&k->journal);
    if (k->lock >= 0)
        close(k->lock);
    if (k->folder >= 0)
        close(k->folder);
    *k = (struct keeper){.folder = -1, .lock = -1, .journal = {.fd = -1}};
}

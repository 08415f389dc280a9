#include "disk.h"

#include "core/base/mem.h"
#include "sim/team.h"

#include <assert.h>

/* Zeros follow what is filled, up to the size. */
struct content {
    uint8_t *data;
    size_t filled, capacity;
    uint64_t size;
};

/* One change of a file since its last sync; without data its new size. */
struct change {
    uint64_t at;
    size_t size;
    uint8_t *data;
};

/* One change of a folder: made (no `from`), removed (no `to`), renamed. */
struct move {
    char from[DISK_NAME_MAX], to[DISK_NAME_MAX];
    struct file *file;
};

struct name {
    char text[DISK_NAME_MAX];
    struct file *file;
};

struct names {
    struct name *list;
    size_t count, capacity;
};

struct file {
    struct disk *disk;
    uint64_t number;
    bool is_folder;
    struct file *above; /* of a folder */
    struct content now, plates;
    struct change *changes;
    size_t change_count, change_capacity;
    struct names names_now, names_plates;
    struct move *moves;
    size_t move_count, move_capacity;
    uint64_t rotten; /* sector, counted from 1; 0: none */
    const void *locked;
};

struct disk {
    struct dice dice;
    struct file **files; /* the first is the root */
    size_t count, capacity;
    uint64_t room;
    bool lies;
};

static void *
room_for_one(void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    *capacity = *capacity ? 2 * *capacity : 8;
    return mem_resize(list, *capacity, size);
}

/* ---- contents ---- */

static void
content_write(struct content *c, uint64_t at, struct slice bytes)
{
    size_t end = (size_t)at + bytes.size;

    assert(end <= c->size);
    if (end > c->capacity) {
        c->capacity = end > 2 * c->capacity ? end : 2 * c->capacity;
        c->data = mem_resize(c->data, c->capacity, 1);
    }
    if (end > c->filled) {
        memset(c->data + c->filled, 0, end - c->filled);
        c->filled = end;
    }
    memcpy(c->data + at, bytes.data, bytes.size);
}

static void
content_resize(struct content *c, uint64_t size)
{
    c->size = size;
    if (c->filled > size)
        c->filled = (size_t)size;
}

static void
content_copy(struct content *to, const struct content *from)
{
    content_resize(to, 0);
    to->size = from->size;
    if (from->filled)
        content_write(to, 0, slice_of(from->data, from->filled));
}

/* ---- names ---- */

static struct name *
names_find(const struct names *n, const char *text)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->list[i].text, text) == 0)
            return &n->list[i];
    return NULL;
}

static void
name_copy(char to[DISK_NAME_MAX], const char *text)
{
    size_t size = strlen(text);

    assert(size < DISK_NAME_MAX);
    memset(to, 0, DISK_NAME_MAX);
    memcpy(to, text, size);
}

static void
names_move(struct names *n, const struct move *m)
{
    struct name *from = *m->from ? names_find(n, m->from) : NULL;

    if (from)
        *from = n->list[--n->count];
    if (!*m->to)
        return;
    struct name *to = names_find(n, m->to);
    if (!to) {
        n->list =
            room_for_one(n->list, n->count, &n->capacity, sizeof *n->list);
        to = &n->list[n->count++];
        name_copy(to->text, m->to);
    }
    to->file = m->file;
}

static void
names_copy(struct names *to, const struct names *from)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        struct move m = {.file = from->list[i].file};
        name_copy(m.to, from->list[i].text);
        names_move(to, &m);
    }
}

/* ---- files ---- */

static struct file *
file_new(struct disk *d, bool is_folder)
{
    struct file *f = mem_new(sizeof *f);

    f->disk = d;
    f->is_folder = is_folder;
    f->number = d->count + 1;
    d->files = room_for_one(d->files, d->count, &d->capacity, sizeof f);
    d->files[d->count++] = f;
    return f;
}

static void
changes_clear(struct file *f)
{
    for (size_t i = 0; i < f->change_count; i++)
        mem_free(f->changes[i].data);
    f->change_count = 0;
    f->move_count = 0;
}

static void
file_free(struct file *f)
{
    changes_clear(f);
    mem_free(f->changes);
    mem_free(f->moves);
    mem_free(f->now.data);
    mem_free(f->plates.data);
    mem_free(f->names_now.list);
    mem_free(f->names_plates.list);
    mem_free(f);
}

struct disk *
disk_new(uint64_t seed)
{
    struct disk *d = mem_new(sizeof *d);

    d->dice.state = seed;
    d->room = UINT64_MAX;
    (void)file_new(d, true);
    return d;
}

void
disk_free(struct disk *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->count; i++)
        file_free(d->files[i]);
    mem_free(d->files);
    mem_free(d);
}

uint64_t
disk_dice(struct disk *d, uint64_t n)
{
    return dice_below(&d->dice, n);
}

struct file *
disk_root(struct disk *d)
{
    return d->files[0];
}

bool
file_is_folder(const struct file *f)
{
    return f->is_folder;
}

uint64_t
file_number(const struct file *f)
{
    return f->number;
}

uint64_t
file_size(const struct file *f)
{
    return f->now.size;
}

struct file *
folder_find(struct file *folder, const char *name)
{
    const struct name *found = names_find(&folder->names_now, name);

    if (strcmp(name, "..") == 0)
        return folder->above;
    if (!*name || strcmp(name, ".") == 0)
        return folder;
    return found ? found->file : NULL;
}

const char *
folder_name(const struct file *folder, size_t i)
{
    const struct names *n = &folder->names_now;

    return i < n->count ? n->list[i].text : NULL;
}

static void
folder_change(struct file *folder, const struct move *m)
{
    names_move(&folder->names_now, m);
    folder->moves = room_for_one(folder->moves, folder->move_count,
                                 &folder->move_capacity, sizeof *m);
    folder->moves[folder->move_count++] = *m;
}

struct file *
folder_make(struct file *folder, const char *name, bool is_folder)
{
    struct move m = {.file = file_new(folder->disk, is_folder)};

    m.file->above = folder;
    name_copy(m.to, name);
    folder_change(folder, &m);
    return m.file;
}

void
folder_remove(struct file *folder, const char *name)
{
    struct move m = {.file = folder_find(folder, name)};

    name_copy(m.from, name);
    folder_change(folder, &m);
}

void
folder_rename(struct file *folder, const char *from, const char *to)
{
    struct move m = {.file = folder_find(folder, from)};

    name_copy(m.from, from);
    name_copy(m.to, to);
    folder_change(folder, &m);
}

size_t
file_read(const struct file *f, uint64_t at, uint8_t *out, size_t size)
{
    const struct content *c = &f->now;

    if (at >= c->size)
        return 0;
    if (size > c->size - at)
        size = (size_t)(c->size - at);
    size_t filled = at < c->filled ? c->filled - (size_t)at : 0;
    if (filled > size)
        filled = size;
    if (filled)
        memcpy(out, c->data + at, filled);
    memset(out + filled, 0, size - filled);
    return size;
}

static struct change *
change_add(struct file *f)
{
    f->changes = room_for_one(f->changes, f->change_count, &f->change_capacity,
                              sizeof *f->changes);
    return &f->changes[f->change_count++];
}

void
file_resize(struct file *f, uint64_t size)
{
    if (size == f->now.size)
        return;
    content_resize(&f->now, size);
    *change_add(f) = (struct change){.at = size};
}

void
file_write(struct file *f, uint64_t at, struct slice bytes)
{
    if (!bytes.size)
        return;
    if (at + bytes.size > f->now.size)
        file_resize(f, at + bytes.size);
    content_write(&f->now, at, bytes);
    *change_add(f) = (struct change){
        .at = at,
        .size = bytes.size,
        .data = mem_copy(bytes.data, bytes.size),
    };
}

/* ---- what reaches the plates ---- */

/* A number that follows from a loss, a file and a place in it. */
static uint64_t
mix(uint64_t loss, uint64_t file, uint64_t place)
{
    struct dice d = {loss + file * 0x9e3779b97f4a7c15u + place * 977};

    return dice_next(&d);
}

/* Decide how many of the first `count` changes reach one place. */
static size_t
reaches(enum survival what, uint64_t number, size_t count)
{
    if (what == SURVIVES_SOME)
        return number % 3 == 0 ? count : (size_t)(number / 3 % (count + 1));
    return what == SURVIVES_ALL ? count : 0;
}

static void
change_keep(struct file *f, size_t i, enum survival what, uint64_t loss)
{
    const struct change *c = &f->changes[i];

    for (size_t done = 0; done < c->size;) {
        uint64_t at = c->at + done;
        uint64_t sector = at / DISK_SECTOR;
        size_t part = (size_t)((sector + 1) * DISK_SECTOR - at);
        if (part > c->size - done)
            part = c->size - done;
        size_t limit =
            reaches(what, mix(loss, f->number, sector), f->change_count);
        if (i < limit && at < f->plates.size) {
            size_t fits = (size_t)(f->plates.size - at);
            content_write(&f->plates, at,
                          slice_of(c->data + done, part < fits ? part : fits));
        }
        done += part;
    }
}

/* Of sizes the first `sizes` changes count. */
static void
changes_keep(struct file *f, enum survival what, uint64_t loss, size_t sizes)
{
    for (size_t i = 0; i < f->change_count; i++) {
        if (f->changes[i].data)
            change_keep(f, i, what, loss);
        else if (i < sizes)
            content_resize(&f->plates, f->changes[i].at);
    }
}

static bool
touches(const struct move *later, const struct move *lost)
{
    const char *names[] = {lost->from, lost->to};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (*names[i] && (strcmp(later->from, names[i]) == 0 ||
                          strcmp(later->to, names[i]) == 0))
            return true;
    return later->file == lost->file;
}

/* A change of a name is lost with the one before it that it builds on. */
static void
moves_keep(struct file *f, enum survival what, uint64_t loss)
{
    bool *lost = mem_new(f->move_count * sizeof *lost + 1);

    for (size_t i = 0; i < f->move_count; i++) {
        lost[i] = reaches(what, mix(loss, f->number, i), 1) == 0;
        for (size_t k = 0; k < i; k++)
            if (lost[k] && touches(&f->moves[i], &f->moves[k]))
                lost[i] = true;
        if (!lost[i])
            names_move(&f->names_plates, &f->moves[i]);
    }
    mem_free(lost);
}

static void
keep(struct file *f, enum survival what)
{
    uint64_t loss = dice_next(&f->disk->dice);
    size_t sizes =
        reaches(what, mix(loss, f->number, UINT64_MAX), f->change_count);

    if (f->is_folder)
        moves_keep(f, what, loss);
    else
        changes_keep(f, what, loss, sizes);
    changes_clear(f);
}

void
file_sync(struct file *f)
{
    if (f->disk->lies)
        return;
    keep(f, SURVIVES_ALL);
}

/* Take what was written off the list of what is to be written. */
static void
writes_drop(struct file *f)
{
    size_t left = 0;

    for (size_t i = 0; i < f->change_count; i++) {
        mem_free(f->changes[i].data);
        if (!f->changes[i].data)
            f->changes[left++] = f->changes[i];
    }
    f->change_count = left;
}

void
file_sync_fails(struct file *f)
{
    struct dice *dice = &f->disk->dice;
    bool sized = dice_chance(dice, 50);

    if (f->is_folder)
        return;
    changes_keep(f, SURVIVES_SOME, dice_next(dice), sized ? SIZE_MAX : 0);
    if (sized)
        changes_clear(f);
    else
        writes_drop(f);
}

void
disk_power_loss(struct disk *d, enum survival what)
{
    for (size_t i = 0; i < d->count; i++) {
        struct file *f = d->files[i];
        keep(f, what);
        content_copy(&f->now, &f->plates);
        names_copy(&f->names_now, &f->names_plates);
        f->locked = NULL;
    }
}

void
disk_forget(struct disk *d)
{
    for (size_t i = 0; i < d->count; i++) {
        struct file *f = d->files[i];
        if (!f->change_count && !f->is_folder)
            content_copy(&f->now, &f->plates);
    }
}

/* ---- other faults ---- */

void
disk_set_room(struct disk *d, uint64_t bytes)
{
    d->room = bytes;
}

/* Only files that have a name take room. */
static uint64_t
used(const struct disk *d, const struct file *but)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < d->count; i++) {
        const struct names *n = &d->files[i]->names_now;
        for (size_t k = 0; k < n->count; k++)
            if (n->list[k].file != but)
                sum += n->list[k].file->now.size;
    }
    return sum;
}

uint64_t
disk_room_left(const struct disk *d)
{
    uint64_t taken = used(d, NULL);

    return taken < d->room ? d->room - taken : 0;
}

bool
disk_has_room(const struct disk *d, const struct file *f, uint64_t size)
{
    if (d->room == UINT64_MAX || size <= f->now.size)
        return true;
    return used(d, f) + size <= d->room;
}

void
disk_set_lying(struct disk *d, bool lies)
{
    d->lies = lies;
}

static void
content_flip(struct content *c, uint64_t at, unsigned bit)
{
    if (at < c->filled)
        c->data[at] = (uint8_t)(c->data[at] ^ 1u << bit);
}

void
file_flip(struct file *f, uint64_t at, unsigned bit)
{
    content_flip(&f->now, at, bit);
    content_flip(&f->plates, at, bit);
}

void
file_rot(struct file *f, uint64_t at)
{
    f->rotten = at / DISK_SECTOR + 1;
}

void
file_rot_ends(struct file *f)
{
    f->rotten = 0;
}

bool
file_is_rotten(const struct file *f, uint64_t at, size_t size)
{
    uint64_t first = (f->rotten - 1) * DISK_SECTOR;

    return f->rotten && at < first + DISK_SECTOR && first < at + size;
}

void
file_lock(struct file *f, const void *who)
{
    f->locked = who;
}

const void *
file_locked(const struct file *f)
{
    return f->locked;
}

#define _GNU_SOURCE
/// From the weights section to frames in place: one thread reads and hashes, another decompresses.
///
/// Every byte is read once, hashed, and what was hashed is what is decompressed. Beside the region
/// there are a few pieces of the section in memory at a time, and the decoder's window.

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "frames.h"

enum {
  piece_bytes = 512 << 10,
  piece_count = 4,
};

/// Sections below this size are not worth a thread.
static const uint64_t least_bytes_for_thread = UINT64_C(512) << 10;

/// Pieces on their way from the reading thread to the decompressing one, in order.
typedef struct piece_queue {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  /// How many were put in and taken out since the start; at most `piece_count` apart.
  uint64_t put_count, taken_count;
  /// No piece comes any more.
  int is_complete;
  const uint8_t *bytes[piece_count];
  size_t byte_counts[piece_count];
  qc_frames *frames;
} piece_queue;

static void *decompress_pieces(void *argument) {
  piece_queue *queue = argument;
  pthread_mutex_lock(&queue->mutex);
  for (;;) {
    while (queue->taken_count == queue->put_count && !queue->is_complete)
      pthread_cond_wait(&queue->changed, &queue->mutex);
    if (queue->taken_count == queue->put_count)
      break;
    const size_t slot = (size_t)(queue->taken_count % piece_count);
    pthread_mutex_unlock(&queue->mutex);
    qc_frames_take(queue->frames, queue->bytes[slot], queue->byte_counts[slot]);
    pthread_mutex_lock(&queue->mutex);
    queue->taken_count += 1;
    pthread_cond_signal(&queue->changed);
  }
  pthread_mutex_unlock(&queue->mutex);
  return NULL;
}

/// Starts the decompressing thread with all signals blocked; 0 when there is none to be had.
static int start_thread(piece_queue *queue, pthread_t *thread) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failure = pthread_create(thread, NULL, decompress_pieces, queue);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failure == 0;
}

/// Waits until the slot of the next piece is free.
static void await_slot(piece_queue *queue) {
  pthread_mutex_lock(&queue->mutex);
  while (queue->put_count - queue->taken_count == piece_count)
    pthread_cond_wait(&queue->changed, &queue->mutex);
  pthread_mutex_unlock(&queue->mutex);
}

static void put_piece(piece_queue *queue, const uint8_t *bytes, size_t byte_count) {
  pthread_mutex_lock(&queue->mutex);
  const size_t slot = (size_t)(queue->put_count % piece_count);
  queue->bytes[slot] = bytes;
  queue->byte_counts[slot] = byte_count;
  queue->put_count += 1;
  pthread_cond_signal(&queue->changed);
  pthread_mutex_unlock(&queue->mutex);
}

/// Reads the section behind its index piece by piece, hashes it, and hands it to the frames, by the
/// thread of `queue` or, with `is_threaded` 0, here.
static qc_status read_pieces(const qc_weights *weights, const qc_package *package,
                             piece_queue *queue, int is_threaded, qc_sha256_state *state,
                             qc_error *error) {
  const qc_source *source = &package->source;
  const qc_section *section = weights->section;
  const uint64_t index_bytes =
      sizeof(qc_weights_header) + weights->frame_count * sizeof(qc_weight_entry);
  uint64_t offset = section->offset + index_bytes;
  const uint64_t end = section->offset + section->stored_bytes;
  const int is_file = source->descriptor >= 0;
  uint8_t *buffers = is_file ? malloc((size_t)piece_count * piece_bytes) : NULL;
  if (is_file && buffers == NULL)
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory to read the weights");
  qc_status status = QC_OK;
  for (uint64_t index = 0; status == QC_OK && offset < end; ++index) {
    const size_t count = end - offset < piece_bytes ? (size_t)(end - offset) : piece_bytes;
    uint8_t *buffer = NULL;
    const uint8_t *piece = NULL;
    if (is_threaded)
      await_slot(queue);
    if (is_file) {
      buffer = buffers + index % piece_count * piece_bytes;
      status = qc_source_read(source, offset, buffer, count, error);
      piece = buffer;
    } else {
      piece = source->memory + offset;
    }
    if (status != QC_OK)
      break;
    if (is_threaded)
      put_piece(queue, piece, count);
    qc_sha256_add(state, piece, count);
    if (!is_threaded)
      qc_frames_take(queue->frames, piece, count);
    offset += count;
  }
  if (is_threaded) {
    // The buffers are read until the last piece is taken.
    pthread_mutex_lock(&queue->mutex);
    queue->is_complete = 1;
    pthread_cond_signal(&queue->changed);
    while (queue->taken_count != queue->put_count)
      pthread_cond_wait(&queue->changed, &queue->mutex);
    pthread_mutex_unlock(&queue->mutex);
  }
  free(buffers);
  return status;
}

/// Reads, hashes and decompresses; `digest` is that of the section.
static qc_status load(const qc_weights *weights, const qc_package *package, qc_frames *frames,
                      uint8_t digest[QC_SHA256_BYTES], qc_error *error) {
  piece_queue queue = {.frames = frames};
  pthread_mutex_init(&queue.mutex, NULL);
  pthread_cond_init(&queue.changed, NULL);
  pthread_t thread;
  const int is_threaded =
      weights->section->stored_bytes >= least_bytes_for_thread && start_thread(&queue, &thread);
  const qc_weights_header header = {.frame_count = weights->frame_count};
  qc_sha256_state state;
  qc_sha256_start(&state);
  qc_sha256_add(&state, &header, sizeof header);
  qc_sha256_add(&state, weights->entries, weights->frame_count * sizeof(qc_weight_entry));
  const qc_status status = read_pieces(weights, package, &queue, is_threaded, &state, error);
  if (is_threaded)
    pthread_join(thread, NULL);
  pthread_cond_destroy(&queue.changed);
  pthread_mutex_destroy(&queue.mutex);
  qc_sha256_finish(&state, digest);
  return status;
}

qc_status qc_weights_load(const qc_weights *weights, const qc_package *package,
                          const qc_region *region, qc_error *error) {
  const qc_section *section = weights->section;
  if (section == NULL)
    return QC_OK;
  qc_frames frames;
  if (!qc_frames_start(&frames, weights, region->bytes))
    return qc_fail(error, QC_OUT_OF_MEMORY, NULL, "no memory for zstd");
  uint8_t digest[QC_SHA256_BYTES];
  const qc_status status = load(weights, package, &frames, digest, error);
  qc_frames_finish(&frames);
  if (status != QC_OK)
    return status;
  // A frame that does not decompress is reported only when the hash says that it was written so.
  if (memcmp(digest, section->sha256, sizeof digest) != 0) {
    return qc_fail_section(error, QC_DAMAGED_SECTION, section,
                           "does not match its SHA-256; copy the file again");
  }
  if (frames.fault != NULL) {
    return qc_fail_section(error, QC_MALFORMED_PACKAGE, section, "frame %u %s",
                           frames.faulty_frame, frames.fault);
  }
  return QC_OK;
}

#include "internal.h"

#include <stdlib.h>
#include <string.h>

codecs_encoder *codecs_encoder_open(const codecs_encoder_options *options) {
    codecs_encoder *encoder = NULL;
    switch (options->kind) {
    case CODECS_VP8:
    case CODECS_VP9:
        encoder = codecs_vpx_encoder_open(options);
        break;
    case CODECS_H264:
        encoder = codecs_x264_encoder_open(options);
        break;
    case CODECS_AV1:
        encoder = codecs_aom_encoder_open(options);
        break;
    }
    if (encoder) encoder->options = *options;
    return encoder;
}

void codecs_encoder_close(codecs_encoder *encoder) {
    if (!encoder) return;
    free(encoder->bytes);
    encoder->close(encoder);
}

int codecs_encoder_keep(codecs_encoder *encoder, const void *bytes, size_t count, int spatial_layer, int is_keyframe) {
    if (encoder->frame_count == CODECS_MAX_SPATIAL) return -1;
    if (encoder->count + count > encoder->capacity) {
        size_t capacity = 2 * (encoder->count + count);
        uint8_t *room = realloc(encoder->bytes, capacity);
        if (!room) return -1;
        encoder->bytes = room;
        encoder->capacity = capacity;
    }
    memcpy(encoder->bytes + encoder->count, bytes, count);
    encoder->offsets[encoder->frame_count] = encoder->count;
    encoder->frames[encoder->frame_count++] =
        (codecs_frame){.count = count, .spatial_layer = spatial_layer, .is_keyframe = is_keyframe};
    encoder->count += count;
    return 0;
}

int codecs_encoder_encode(
    codecs_encoder *encoder, const uint8_t *picture, int64_t number, const codecs_frame_plan *plans, int keyframe,
    codecs_frame *frames, int capacity) {
    encoder->count = 0;
    encoder->frame_count = 0;
    int status = encoder->encode(encoder, picture, number, plans, keyframe);
    if (status < 0) return status;
    if (encoder->frame_count > capacity) return -1;
    for (int index = 0; index < encoder->frame_count; index++) {
        frames[index] = encoder->frames[index];
        frames[index].bytes = encoder->bytes + encoder->offsets[index];
    }
    return encoder->frame_count;
}

codecs_decoder *codecs_decoder_open(codecs_kind kind) {
    switch (kind) {
    case CODECS_VP8:
    case CODECS_VP9:
        return codecs_vpx_decoder_open(kind);
    case CODECS_H264:
    case CODECS_AV1:
        return codecs_av_decoder_open(kind);
    }
    return NULL;
}

void codecs_decoder_close(codecs_decoder *decoder) {
    if (!decoder) return;
    free(decoder->bytes);
    decoder->close(decoder);
}

int codecs_decoder_decode(codecs_decoder *decoder, const uint8_t *bytes, size_t count, codecs_picture *picture) {
    return decoder->decode(decoder, bytes, count, picture);
}

int codecs_decoder_keep(
    codecs_decoder *decoder, uint8_t *const planes[3], const int strides[3], int width, int height,
    codecs_picture *picture) {
    int chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
    size_t count = (size_t)width * height + 2 * (size_t)chroma_width * chroma_height;
    if (count > decoder->capacity) {
        uint8_t *room = realloc(decoder->bytes, count);
        if (!room) return -1;
        decoder->bytes = room;
        decoder->capacity = count;
    }
    uint8_t *out = decoder->bytes;
    for (int plane = 0; plane < 3; plane++) {
        int columns = plane ? chroma_width : width, rows = plane ? chroma_height : height;
        for (int row = 0; row < rows; row++, out += columns) {
            memcpy(out, planes[plane] + (ptrdiff_t)row * strides[plane], columns);
        }
    }
    *picture = (codecs_picture){.bytes = decoder->bytes, .width = width, .height = height};
    return 0;
}

// H.264 by libx264 and libavcodec, and decoding of AV1 by libdav1d: all through libavcodec.
#include "internal.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    codecs_encoder base;
    AVCodecContext *context;
    AVFrame *frame;
    AVPacket *packet;
} x264_encoder;

static int encode(
    codecs_encoder *base, const uint8_t *picture, int64_t number, const codecs_frame_plan *plans, int keyframe) {
    (void)plans;
    x264_encoder *encoder = (x264_encoder *)base;
    AVFrame *frame = encoder->frame;
    if (av_frame_make_writable(frame) < 0) return -3;
    const uint8_t *in = picture;
    for (int plane = 0; plane < 3; plane++) {
        int columns = plane ? frame->width / 2 : frame->width, rows = plane ? frame->height / 2 : frame->height;
        for (int row = 0; row < rows; row++, in += columns) {
            memcpy(frame->data[plane] + row * frame->linesize[plane], in, (size_t)columns);
        }
    }
    frame->pts = number;
    frame->pict_type = keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    if (avcodec_send_frame(encoder->context, frame) < 0) return -4;
    int status;
    while ((status = avcodec_receive_packet(encoder->context, encoder->packet)) >= 0) {
        int is_keyframe = (encoder->packet->flags & AV_PKT_FLAG_KEY) != 0;
        status = codecs_encoder_keep(base, encoder->packet->data, (size_t)encoder->packet->size, 0, is_keyframe);
        av_packet_unref(encoder->packet);
        if (status) return -5;
    }
    return status == AVERROR(EAGAIN) ? 0 : -6;
}

static void close_encoder(codecs_encoder *base) {
    x264_encoder *encoder = (x264_encoder *)base;
    avcodec_free_context(&encoder->context);
    av_frame_free(&encoder->frame);
    av_packet_free(&encoder->packet);
    free(encoder);
}

codecs_encoder *codecs_x264_encoder_open(const codecs_encoder_options *options) {
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    x264_encoder *encoder = codec ? calloc(1, sizeof *encoder) : NULL;
    if (!encoder) return NULL;
    av_log_set_level(AV_LOG_QUIET);
    encoder->base.encode = encode;
    encoder->base.close = close_encoder;
    encoder->context = avcodec_alloc_context3(codec);
    encoder->frame = av_frame_alloc();
    encoder->packet = av_packet_alloc();
    AVCodecContext *context = encoder->context;
    if (!context || !encoder->frame || !encoder->packet) goto failed;
    context->width = encoder->frame->width = options->width;
    context->height = encoder->frame->height = options->height;
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->frame->format = AV_PIX_FMT_YUV420P;
    context->time_base = (AVRational){1, options->frame_rate};
    context->bit_rate = (int64_t)options->bitrate * 1000;
    context->gop_size = 100000;
    context->max_b_frames = 0;
    context->thread_count = 1;
    // A chain of single references: a frame that was left out, or one too many, shows.
    context->refs = 1;
    if (av_opt_set(context->priv_data, "preset", "superfast", 0) < 0 ||
        av_opt_set(context->priv_data, "tune", "zerolatency", 0) < 0 ||
        av_opt_set(context->priv_data, "profile", "baseline", 0) < 0 ||
        av_opt_set(context->priv_data, "forced-idr", "1", 0) < 0) {
        goto failed;
    }
    if (avcodec_open2(context, codec, NULL) < 0 || av_frame_get_buffer(encoder->frame, 0) < 0) goto failed;
    return &encoder->base;
failed:
    close_encoder(&encoder->base);
    return NULL;
}

typedef struct {
    codecs_decoder base;
    AVCodecContext *context;
    AVFrame *frame;
    AVPacket *packet;
} av_decoder;

static int decode(codecs_decoder *base, const uint8_t *bytes, size_t count, codecs_picture *picture) {
    av_decoder *decoder = (av_decoder *)base;
    if (av_new_packet(decoder->packet, (int)count) < 0) return -1;
    memcpy(decoder->packet->data, bytes, count);
    int status = avcodec_send_packet(decoder->context, decoder->packet);
    av_packet_unref(decoder->packet);
    if (status < 0) return -2;
    int found = 0;
    // Of several spatial layers the highest comes last.
    while ((status = avcodec_receive_frame(decoder->context, decoder->frame)) >= 0) {
        AVFrame *frame = decoder->frame;
        int is_sound = frame->decode_error_flags == 0 && !(frame->flags & AV_FRAME_FLAG_CORRUPT) &&
                      (frame->format == AV_PIX_FMT_YUV420P || frame->format == AV_PIX_FMT_YUVJ420P);
        if (!is_sound || codecs_decoder_keep(
                            base, frame->data, frame->linesize, frame->width, frame->height, picture)) {
            av_frame_unref(frame);
            return -3;
        }
        av_frame_unref(frame);
        found = 1;
    }
    return status == AVERROR(EAGAIN) ? found : -4;
}

static void close_decoder(codecs_decoder *base) {
    av_decoder *decoder = (av_decoder *)base;
    avcodec_free_context(&decoder->context);
    av_frame_free(&decoder->frame);
    av_packet_free(&decoder->packet);
    free(decoder);
}

codecs_decoder *codecs_av_decoder_open(codecs_kind kind) {
    const AVCodec *codec = avcodec_find_decoder_by_name(kind == CODECS_H264 ? "h264" : "libdav1d");
    av_decoder *decoder = codec ? calloc(1, sizeof *decoder) : NULL;
    if (!decoder) return NULL;
    av_log_set_level(AV_LOG_QUIET);
    decoder->base.decode = decode;
    decoder->base.close = close_decoder;
    decoder->context = avcodec_alloc_context3(codec);
    decoder->frame = av_frame_alloc();
    decoder->packet = av_packet_alloc();
    if (!decoder->context || !decoder->frame || !decoder->packet) goto failed;
    decoder->context->thread_count = 1;
    decoder->context->flags |= AV_CODEC_FLAG_LOW_DELAY;
    decoder->context->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
    // Browsers decode AV1 so: no operating point, every spatial layer, the last one is shown.
    if (kind == CODECS_AV1 && av_opt_set_int(decoder->context->priv_data, "oppoint", 31, 0) < 0) goto failed;
    if (avcodec_open2(decoder->context, codec, NULL) < 0) goto failed;
    return &decoder->base;
failed:
    close_decoder(&decoder->base);
    return NULL;
}

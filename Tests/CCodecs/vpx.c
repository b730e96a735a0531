// VP8 and VP9 by libvpx.
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

typedef struct {
    codecs_encoder base;
    vpx_codec_ctx_t context;
    int is_layered;
    int failed;
} vpx_encoder;

// A layer's share of the bit rate: the lower temporal layers are included, as libvpx counts.
static int layer_bitrate(const codecs_encoder_options *options, int spatial, int temporal) {
    static const int shares[3][3] = {{100, 0, 0}, {60, 100, 0}, {45, 65, 100}};
    int weight = 0;
    for (int layer = 0; layer < options->spatial_layers; layer++) weight += 1 << (2 * layer);
    int own = options->bitrate * (1 << (2 * spatial)) / weight;
    return own * shares[options->temporal_layers - 1][temporal] / 100;
}

static vpx_svc_layer_id_t layer_of(int spatial, int temporal) {
    vpx_svc_layer_id_t layer = {.spatial_layer_id = spatial, .temporal_layer_id = temporal};
    for (int index = 0; index < CODECS_MAX_SPATIAL; index++) layer.temporal_layer_id_per_spatial[index] = temporal;
    return layer;
}

// libvpx hands each spatial layer's frame over as soon as it is encoded.
static void take_layer(vpx_codec_cx_pkt_t *packet, void *user) {
    vpx_encoder *encoder = user;
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) return;
    vpx_svc_layer_id_t layer = {0};
    if (vpx_codec_control(&encoder->context, VP9E_GET_SVC_LAYER_ID, &layer)) encoder->failed = 1;
    int is_keyframe = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    if (codecs_encoder_keep(
            &encoder->base, packet->data.frame.buf, packet->data.frame.sz, layer.spatial_layer_id, is_keyframe)) {
        encoder->failed = 1;
    }
}

static vpx_enc_frame_flags_t vp8_flags(const codecs_frame_plan *plan) {
    static const vpx_enc_frame_flags_t unused[3] = {VP8_EFLAG_NO_REF_LAST, VP8_EFLAG_NO_REF_GF, VP8_EFLAG_NO_REF_ARF};
    static const vpx_enc_frame_flags_t kept[3] = {VP8_EFLAG_NO_UPD_LAST, VP8_EFLAG_NO_UPD_GF, VP8_EFLAG_NO_UPD_ARF};
    vpx_enc_frame_flags_t flags = plan->temporal_layer > 0 ? VP8_EFLAG_NO_UPD_ENTROPY : 0;
    for (int slot = 0; slot < 3; slot++) {
        int is_reference = 0;
        for (int index = 0; index < plan->reference_count; index++) is_reference |= plan->references[index] == slot;
        if (!is_reference) flags |= unused[slot];
        if (!(plan->refreshed_slots >> slot & 1)) flags |= kept[slot];
    }
    return flags;
}

static int configure_layers(vpx_encoder *encoder, const codecs_frame_plan *plans) {
    vpx_svc_ref_frame_config_t config = {0};
    for (int spatial = 0; spatial < encoder->base.options.spatial_layers; spatial++) {
        const codecs_frame_plan *plan = &plans[spatial];
        // Every index has to name a picture of a size that can be scaled, also one that is not used.
        int fallback = plan->reference_count ? plan->references[0] : plan->lower_layer_reference;
        if (fallback < 0) fallback = 0;
        int *slots[3] = {&config.lst_fb_idx[spatial], &config.gld_fb_idx[spatial], &config.alt_fb_idx[spatial]};
        int *uses[3] = {
            &config.reference_last[spatial], &config.reference_golden[spatial], &config.reference_alt_ref[spatial]};
        for (int index = 0; index < 3; index++) *slots[index] = fallback;
        if (plan->reference_count > 0) *uses[0] = 1;
        // libvpx expects the lower layer in the golden buffer.
        int next = 1;
        if (plan->lower_layer_reference >= 0) {
            *slots[1] = plan->lower_layer_reference;
            *uses[1] = 1;
            next = 2;
        }
        for (int index = 1; index < plan->reference_count && next < 3; index++, next++) {
            *slots[next] = plan->references[index];
            *uses[next] = 1;
        }
        config.update_buffer_slot[spatial] = (int)plan->refreshed_slots;
        config.duration[spatial] = 1;
    }
    vpx_svc_layer_id_t layer = layer_of(0, plans[0].temporal_layer);
    return vpx_codec_control(&encoder->context, VP9E_SET_SVC_LAYER_ID, &layer) ||
           vpx_codec_control(&encoder->context, VP9E_SET_SVC_REF_FRAME_CONFIG, &config);
}

static int encode(
    codecs_encoder *base, const uint8_t *picture, int64_t number, const codecs_frame_plan *plans, int keyframe) {
    vpx_encoder *encoder = (vpx_encoder *)base;
    const codecs_encoder_options *options = &base->options;
    vpx_enc_frame_flags_t flags = keyframe ? VPX_EFLAG_FORCE_KF : 0;
    if (encoder->is_layered) {
        if (configure_layers(encoder, plans)) return -2;
    } else if (options->kind == CODECS_VP8 && options->temporal_layers > 1) {
        if (!keyframe) flags |= vp8_flags(&plans[0]);
        if (vpx_codec_control(&encoder->context, VP8E_SET_TEMPORAL_LAYER_ID, plans[0].temporal_layer)) return -2;
    }
    vpx_image_t image;
    if (!vpx_img_wrap(
            &image, VPX_IMG_FMT_I420, (unsigned)options->width, (unsigned)options->height, 1, (uint8_t *)picture)) {
        return -3;
    }
    if (vpx_codec_encode(&encoder->context, &image, number, 1, flags, VPX_DL_REALTIME)) return -4;
    vpx_codec_iter_t iterator = NULL;
    const vpx_codec_cx_pkt_t *packet;
    while ((packet = vpx_codec_get_cx_data(&encoder->context, &iterator))) {
        if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
        int is_keyframe = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
        if (codecs_encoder_keep(base, packet->data.frame.buf, packet->data.frame.sz, 0, is_keyframe)) return -5;
    }
    return encoder->failed ? -6 : 0;
}

static void close_encoder(codecs_encoder *base) {
    vpx_codec_destroy(&((vpx_encoder *)base)->context);
    free(base);
}

codecs_encoder *codecs_vpx_encoder_open(const codecs_encoder_options *options) {
    vpx_codec_iface_t *interface = options->kind == CODECS_VP8 ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
    vpx_codec_enc_cfg_t config;
    if (vpx_codec_enc_config_default(interface, &config, 0)) return NULL;
    int is_layered = options->kind == CODECS_VP9 && (options->spatial_layers > 1 || options->temporal_layers > 1);
    config.g_w = (unsigned)options->width;
    config.g_h = (unsigned)options->height;
    config.g_timebase = (vpx_rational_t){1, options->frame_rate};
    config.g_threads = 1;
    config.g_lag_in_frames = 0;
    config.g_error_resilient = options->temporal_layers > 1 ? VPX_ERROR_RESILIENT_DEFAULT : 0;
    config.rc_end_usage = VPX_CBR;
    config.rc_target_bitrate = (unsigned)options->bitrate;
    config.rc_min_quantizer = 2;
    config.rc_max_quantizer = 52;
    config.rc_dropframe_thresh = 0;
    config.rc_resize_allowed = 0;
    config.rc_buf_initial_sz = 500;
    config.rc_buf_optimal_sz = 600;
    config.rc_buf_sz = 1000;
    config.kf_mode = VPX_KF_DISABLED;
    config.ss_number_layers = (unsigned)options->spatial_layers;
    config.ts_number_layers = (unsigned)options->temporal_layers;
    for (int temporal = 0; temporal < options->temporal_layers; temporal++) {
        config.ts_rate_decimator[temporal] = 1u << (options->temporal_layers - 1 - temporal);
        config.ts_target_bitrate[temporal] = (unsigned)layer_bitrate(options, 0, temporal);
    }
    static const unsigned pattern[4] = {0, 2, 1, 2};
    if (options->temporal_layers == 3) {
        config.ts_periodicity = 4;
        memcpy(config.ts_layer_id, pattern, sizeof pattern);
    }
    if (is_layered) config.temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_BYPASS;
    vpx_svc_extra_cfg_t layers = {.temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_BYPASS};
    for (int spatial = 0; spatial < options->spatial_layers; spatial++) {
        for (int temporal = 0; temporal < options->temporal_layers; temporal++) {
            int layer = spatial * options->temporal_layers + temporal;
            config.layer_target_bitrate[layer] = (unsigned)layer_bitrate(options, spatial, temporal);
            layers.max_quantizers[layer] = 52;
            layers.min_quantizers[layer] = 2;
            layers.scaling_factor_num[spatial] = 1;
            layers.scaling_factor_den[spatial] = 1 << (options->spatial_layers - 1 - spatial);
            layers.speed_per_layer[spatial] = 8;
        }
        config.ss_target_bitrate[spatial] = (unsigned)layer_bitrate(options, spatial, options->temporal_layers - 1);
    }

    vpx_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) return NULL;
    encoder->base.encode = encode;
    encoder->base.close = close_encoder;
    encoder->is_layered = is_layered;
    if (vpx_codec_enc_init(&encoder->context, interface, &config, 0)) {
        free(encoder);
        return NULL;
    }
    vpx_codec_ctx_t *context = &encoder->context;
    int failed = vpx_codec_control(context, VP8E_SET_CPUUSED, options->kind == CODECS_VP8 ? -10 : 8);
    if (options->kind == CODECS_VP9) {
        failed |= vpx_codec_control(context, VP9E_SET_AQ_MODE, 3);
        failed |= vpx_codec_control(context, VP9E_SET_TILE_COLUMNS, 0);
    }
    if (is_layered) {
        vpx_codec_priv_output_cx_pkt_cb_pair_t callback = {take_layer, encoder};
        failed |= vpx_codec_control(context, VP9E_SET_SVC, 1);
        failed |= vpx_codec_control(context, VP9E_SET_SVC_PARAMETERS, &layers);
        if (options->spatial_layers > 1) {
            failed |= vpx_codec_control(context, VP9E_REGISTER_CX_CALLBACK, (void *)&callback);
        }
        vpx_svc_frame_drop_t drop = {.framedrop_mode = FULL_SUPERFRAME_DROP, .max_consec_drop = 0};
        failed |= vpx_codec_control(context, VP9E_SET_SVC_FRAME_DROP_LAYER, &drop);
    }
    if (failed) {
        close_encoder(&encoder->base);
        return NULL;
    }
    return &encoder->base;
}

typedef struct {
    codecs_decoder base;
    vpx_codec_ctx_t context;
} vpx_decoder;

static int decode(codecs_decoder *base, const uint8_t *bytes, size_t count, codecs_picture *picture) {
    vpx_decoder *decoder = (vpx_decoder *)base;
    if (vpx_codec_decode(&decoder->context, bytes, (unsigned)count, NULL, 0)) return -1;
    int corrupted = 0;
    if (vpx_codec_control(&decoder->context, VP8D_GET_FRAME_CORRUPTED, &corrupted) || corrupted) return -2;
    vpx_codec_iter_t iterator = NULL;
    vpx_image_t *image, *last = NULL;
    while ((image = vpx_codec_get_frame(&decoder->context, &iterator))) last = image;
    if (!last) return 0;
    if (last->fmt != VPX_IMG_FMT_I420) return -3;
    if (codecs_decoder_keep(base, last->planes, last->stride, (int)last->d_w, (int)last->d_h, picture)) return -4;
    return 1;
}

static void close_decoder(codecs_decoder *base) {
    vpx_codec_destroy(&((vpx_decoder *)base)->context);
    free(base);
}

codecs_decoder *codecs_vpx_decoder_open(codecs_kind kind) {
    vpx_codec_iface_t *interface = kind == CODECS_VP8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx();
    vpx_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) return NULL;
    decoder->base.decode = decode;
    decoder->base.close = close_decoder;
    if (vpx_codec_dec_init(&decoder->context, interface, NULL, 0)) {
        free(decoder);
        return NULL;
    }
    return &decoder->base;
}

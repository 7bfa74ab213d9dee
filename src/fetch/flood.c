/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Floods of frames; see the header.  OpenSSL tells of each record that it
 * reads, the only thing in such a call that anybody is told of.
 */


#include "fetch/flood.h"

#include <openssl/ssl.h>


/*
 * Bytes.  A crowd of responses that come at once has their headers in it,
 * some hundred bytes each.
 */
#define NGX_CS_FLOOD_MAX  (512 * 1024)

/* RFC 8446, section 5.1: type, version, length */
#define NGX_CS_FLOOD_RECORD  5


static void ngx_cs_flood_record(int written, int version, int type,
    const void *buf, size_t len, SSL *ssl, void *data);


void
ngx_cs_flood_watch(ngx_cs_flood_t *flood, void *ctx)
{
    SSL_CTX_set_msg_callback(ctx, ngx_cs_flood_record);
    SSL_CTX_set_msg_callback_arg(ctx, flood);
}


static void
ngx_cs_flood_record(int written, int version, int type, const void *buf,
    size_t len, SSL *ssl, void *data)
{
    ngx_cs_flood_t *flood = data;

    unsigned              n;
    const unsigned char  *protocol, *p;

    if (written || type != SSL3_RT_HEADER || len != NGX_CS_FLOOD_RECORD) {
        return;
    }

    p = buf;
    flood->barren += p[3] << 8 | p[4];

    if (flood->barren <= NGX_CS_FLOOD_MAX) {
        return;
    }

    SSL_get0_alpn_selected(ssl, &protocol, &n);

    if (n != 2 || ngx_memcmp(protocol, "h2", 2) != 0) {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, flood->sockets->log, 0,
                  "upstream sent %uz bytes of HTTP/2 frames that belong to no "
                  "answer, its connections are shut down", flood->barren);

    flood->over = 1;
    flood->barren = 0;

    /* libcurl may not have said yet that it waits for an idle one */

    ngx_cs_sockets_shut_all(flood->sockets);
}

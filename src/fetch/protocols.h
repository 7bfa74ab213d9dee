/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The protocols that upstream may be spoken to with, as bits.
 */


#ifndef _NGX_CS_FETCH_PROTOCOLS_H_INCLUDED_
#define _NGX_CS_FETCH_PROTOCOLS_H_INCLUDED_


#define NGX_CS_TLS_1_0      0x01
#define NGX_CS_TLS_1_1      0x02
#define NGX_CS_TLS_1_2      0x04
#define NGX_CS_TLS_1_3      0x08
#define NGX_CS_TLS_DEFAULT  (NGX_CS_TLS_1_2|NGX_CS_TLS_1_3)


#endif /* _NGX_CS_FETCH_PROTOCOLS_H_INCLUDED_ */

/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The module's version, as it is told to operators.
 */


#ifndef _NGX_CS_CORE_VERSION_H_INCLUDED_
#define _NGX_CS_CORE_VERSION_H_INCLUDED_


#define NGX_CS_VERSION  "0.1.0"


#endif /* _NGX_CS_CORE_VERSION_H_INCLUDED_ */

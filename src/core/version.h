/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The module's version, as it is told to operators: what else names it, the
 * package and the tarball among it, takes it from here or is compared with it.
 */


#ifndef _NGX_CS_CORE_VERSION_H_INCLUDED_
#define _NGX_CS_CORE_VERSION_H_INCLUDED_


#define NGX_CS_VERSION  "0.2.0"


#endif /* _NGX_CS_CORE_VERSION_H_INCLUDED_ */

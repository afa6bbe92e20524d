// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protocols a connection can speak, and telling them apart by the first
 * bytes. Protocols register at module load, before the first namespace has
 * state, and stay until no connection is left: readers need no lock.
 */
#include "net/proto.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "net/net.h"

static const struct kelp_proto_ops *kelp_protos[KELP_PROTO_MAX];
static unsigned int kelp_nr_protos;

/**
 * kelp_proto_register() - make a protocol known
 * @ops: the protocol; stays until module unload
 *
 * Context: module load, before kelp_net_init().
 * Return: the protocol's slot, or -ENOSPC.
 */
int kelp_proto_register(const struct kelp_proto_ops *ops)
{
	if (kelp_nr_protos == KELP_PROTO_MAX)
		return -ENOSPC;
	kelp_protos[kelp_nr_protos] = ops;
	return kelp_nr_protos++;
}

/**
 * kelp_proto_unregister_all() - forget the protocols
 *
 * Context: module unload, after kelp_net_exit().
 */
void kelp_proto_unregister_all(void)
{
	kelp_nr_protos = 0;
}

/**
 * kelp_proto_net_init() - make every protocol's state for a namespace
 * @kn: the server
 *
 * Context: process, sleeps.
 * Return: 0, or the error of the protocol that refused (nothing is left then).
 */
int kelp_proto_net_init(struct kelp_net *kn)
{
	unsigned int i;
	void *priv;

	for (i = 0; i < kelp_nr_protos; i++) {
		if (!kelp_protos[i]->net_init)
			continue;
		priv = kelp_protos[i]->net_init(kn);
		if (IS_ERR(priv))
			goto err_net_exit;
		kn->proto_priv[i] = priv;
	}
	return 0;

err_net_exit:
	while (i--)
		if (kelp_protos[i]->net_exit)
			kelp_protos[i]->net_exit(kn, kn->proto_priv[i]);
	return PTR_ERR(priv);
}

/**
 * kelp_proto_net_exit() - undo kelp_proto_net_init()
 * @kn: the server; no connection is left
 *
 * Context: process, sleeps.
 */
void kelp_proto_net_exit(struct kelp_net *kn)
{
	unsigned int i = kelp_nr_protos;

	while (i--)
		if (kelp_protos[i]->net_exit)
			kelp_protos[i]->net_exit(kn, kn->proto_priv[i]);
}

/**
 * kelp_proto_detect() - which protocol begins with these bytes
 * @data: the first bytes of a connection
 * @len: how many there are, at least 1
 * @ops: set with KELP_DETECT_YES
 *
 * Bytes that no protocol claims belong to the one marked fallback.
 *
 * Context: any.
 * Return: YES, MORE when up to 4 bytes could still decide, NO when nobody
 *	wants them.
 */
enum kelp_detect kelp_proto_detect(const u8 *data, size_t len,
				   const struct kelp_proto_ops **ops)
{
	const struct kelp_proto_ops *fallback = NULL;
	unsigned int i;
	bool more = false;

	for (i = 0; i < kelp_nr_protos; i++) {
		if (kelp_protos[i]->fallback) {
			fallback = kelp_protos[i];
			continue;
		}
		switch (kelp_protos[i]->detect(data, min_t(size_t, len, 4))) {
		case KELP_DETECT_YES:
			*ops = kelp_protos[i];
			return KELP_DETECT_YES;
		case KELP_DETECT_MORE:
			more = true;
			break;
		case KELP_DETECT_NO:
			break;
		}
	}
	if (more && len < 4)
		return KELP_DETECT_MORE;
	*ops = fallback;
	return fallback ? KELP_DETECT_YES : KELP_DETECT_NO;
}

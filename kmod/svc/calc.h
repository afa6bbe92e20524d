/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service kelp.Calc.
 */
#ifndef KELP_SVC_CALC_H
#define KELP_SVC_CALC_H

struct kelp_service;

extern const struct kelp_service kelp_calc_service;

#endif

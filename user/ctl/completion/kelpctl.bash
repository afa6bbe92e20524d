# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of kelpctl for bash. Install as
# /usr/share/bash-completion/completions/kelpctl.

# Values of one field of a listing, e.g. _kelpctl_field listener listen.
_kelpctl_field()
{
	kelpctl -j "$1" show 2>/dev/null |
		sed -n "s/^ *\"$2\": \"\\(.*\\)\",\\{0,1\\}\$/\\1/p"
}

# SERVICE/METHOD of a server.
_kelpctl_methods()
{
	kelpctl services "$1" --timeout-ms 500 2>/dev/null |
		sed -n '2,$s|^\([^ ]*\)  *\([^ ]*\).*|\1/\2|p'
}

# The listeners hold ':', at which readline breaks words.
_kelpctl_offer()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
	if declare -F __ltrimcolonprefixes >/dev/null; then
		__ltrimcolonprefixes "$cur"
	fi
}

_kelpctl_files()
{
	mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
	compopt -o filenames 2>/dev/null
}

# Beside what was offered before.
_kelpctl_more()
{
	local more

	mapfile -t more < <(compgen -W "$1" -- "$cur")
	COMPREPLY+=("${more[@]}")
}

_kelpctl_operand()
{
	case "$1" in
	'listener del 0' | 'listener set 0') _kelpctl_offer "$(_kelpctl_field listener listen)" ;;
	'object del 0') _kelpctl_offer "$(_kelpctl_field object path)" ;;
	'object put 1') _kelpctl_files -f ;;
	'site del 0') _kelpctl_offer "$(_kelpctl_field site prefix)" ;;
	'site add 1') _kelpctl_files -d ;;
	'route del 0') _kelpctl_offer "$(_kelpctl_field route prefix)" ;;
	'route add 1') _kelpctl_offer 'echo kv redirect status' ;;
	'decode message 0') ;;
	decode*) _kelpctl_files -f ;;
	'limits set 0') _kelpctl_offer "$(_kelpctl_field limits name)" ;;
	esac
}

_kelpctl_options()
{
	local options='--json --help --version'

	case "$1" in
	'object put') options+=' --type' ;;
	'listener add') options+=' --allow --deny --trust --services --secret-file --proxy-protocol --per-cpu --defer-accept --fastopen' ;;
	'listener set') options+=' --allow --deny --trust --services --secret-file --proxy-protocol' ;;
	'site add') options+=' --host --replace --dotfiles --index --listing --cache-control --header --error --mime --no-variants' ;;
	'site del' | 'route add' | 'route del') options+=' --host' ;;
	drain*) options+=' --timeout --no-wait' ;;
	'decode message' | 'decode frame') options+=' --hex --proto --proto-path' ;;
	decode*) options+=' --hex' ;;
	call*) options+=' --raw --attachment --attachment-out --timeout-ms --secret-file --proto --proto-path' ;;
	services*) options+=' --stats --timeout-ms --secret-file' ;;
	press*) options+=' --threads --connections --duration --rate --pipeline --raw --attachment --timeout-ms --secret-file --proto --proto-path' ;;
	esac
	_kelpctl_offer "$options"
}

_kelpctl()
{
	local cur prev word skip='' words cword operands=()

	COMPREPLY=()
	if declare -F _get_comp_words_by_ref >/dev/null; then
		_get_comp_words_by_ref -n : cur prev words cword
	else
		words=("${COMP_WORDS[@]}")
		cword=$COMP_CWORD
		cur=${words[cword]}
		prev=${words[cword - 1]}
	fi
	case "$prev" in
	--proto | --attachment | --attachment-out | --secret-file) _kelpctl_files -f; return ;;
	--proto-path) _kelpctl_files -d; return ;;
	--host | --type | --timeout | --index | --cache-control | --header | --error | --mime | --allow | --deny | --trust | \
		--services | --timeout-ms | --threads | --connections | --duration | --rate | --pipeline | -t | -c | -d) return ;;
	esac

	for word in "${words[@]:1:cword-1}"; do
		if [[ -n $skip ]]; then
			skip=''
			continue
		fi
		case "$word" in
		--proto | --proto-path | --attachment | --attachment-out | --secret-file) skip=1 ;;
		--host | --type | --timeout | --index | --cache-control | --header | --error | --mime | --allow | --deny | --trust | \
			--services | --timeout-ms | --threads | --connections | --duration | --rate | --pipeline | -t | -c | -d) skip=1 ;;
		-*) ;;
		*) operands+=("$word") ;;
		esac
	done

	if [[ $cur == -* ]]; then
		_kelpctl_options "${operands[*]:0:2}"
		return
	fi
	case "${#operands[@]},${operands[0]-}" in
	0,*) _kelpctl_offer 'listener object site route conn stats status limits drain call services press decode' ;;
	1,listener) _kelpctl_offer 'add set del show' ;;
	1,site | 1,route) _kelpctl_offer 'add del show' ;;
	1,object) _kelpctl_offer 'put del show' ;;
	1,limits) _kelpctl_offer 'show set' ;;
	1,decode) _kelpctl_files -f; _kelpctl_more 'message frame' ;;
	1,call | 1,services | 1,press) _kelpctl_offer "$(_kelpctl_field listener listen)" ;;
	2,call | 2,press) _kelpctl_offer "$(_kelpctl_methods "${operands[1]}")" ;;
	1,conn | 1,stats) _kelpctl_offer 'show' ;;
	*) _kelpctl_operand "${operands[*]:0:2} $((${#operands[@]} - 2))" ;;
	esac
}

complete -F _kelpctl kelpctl

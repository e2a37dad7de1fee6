# shellcheck shell=bash
# What ./run, ./test, .ci/run and bench/run have in common: the Debian packages of packages.txt and
# the build. To be sourced with the checkout as working directory. Everything it says goes to
# stderr, so that stdout stays the tool's.

# say ENGLISH CHINESE: one line for people, in the language of TIDEMARK_LANG or the locale.
say() {
  case "${TIDEMARK_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" in
    zh*) printf '%s\n' "$2" >&2 ;;
    *) printf '%s\n' "$1" >&2 ;;
  esac
}

# stop ENGLISH CHINESE: says why and ends.
stop() {
  say "error: $1" "错误：$2"
  exit 1
}

# Prints `package<TAB>reason` for the packages of these sections that are not installed.
missing_packages() {
  local section package reason
  while read -r section package reason; do
    [[ $section == '#' || -z $package || " $* " != *" $section "* ]] && continue
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      printf '%s\t%s\n' "$package" "$reason"
  done <cmake/packages.txt | sort -u -t $'\t' -k 1,1
}

# require_packages SECTION…: installs what is missing of these sections of packages.txt.
# TIDEMARK_SKIP_PACKAGES=1 goes on with what is there (another distribution, own toolchain).
require_packages() {
  [[ ${TIDEMARK_SKIP_PACKAGES:-} == 1 ]] && return
  local system
  system=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}") || system=
  if [[ $system != 'debian 12' ]]; then
    stop "this script installs packages of Debian 12, and this machine runs '${system:-something else}'. Install what cmake/packages.txt lists in your own way, then set TIDEMARK_SKIP_PACKAGES=1." \
      "本脚本安装的是 Debian 12 的软件包，而本机系统为 '${system:-未知}'。请按 cmake/packages.txt 自行安装，然后设置 TIDEMARK_SKIP_PACKAGES=1。"
  fi

  local missing
  missing=$(missing_packages "$@")
  [[ -z $missing ]] && return
  local packages
  mapfile -t packages < <(cut -f 1 <<<"$missing")
  say "${#packages[@]} Debian packages are missing and will be installed with apt-get:" \
    "缺少 ${#packages[@]} 个 Debian 软件包，将用 apt-get 安装："
  awk -F '\t' '{printf "  %-28s %s\n", $1, $2}' <<<"$missing" >&2

  local root=()
  if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
      stop "installing needs root, and there is no sudo. As root: apt-get install --no-install-recommends ${packages[*]}" \
        "安装需要 root 权限，而系统没有 sudo。请以 root 执行：apt-get install --no-install-recommends ${packages[*]}"
    fi
    root=(sudo)
    # Without a terminal nobody can type a password: fail instead of waiting.
    [[ -t 0 ]] || root=(sudo -n)
  fi
  if [[ -t 0 && -t 2 ]]; then
    local answer
    say 'Go on? [Y/n]' '继续吗？[Y/n]'
    read -r answer
    [[ -z $answer || $answer == [Yy]* ]] || stop 'nothing was installed.' '没有安装任何软件包。'
  fi
  if ! "${root[@]}" true; then
    stop "sudo was refused. As root: apt-get install --no-install-recommends ${packages[*]}" \
      "sudo 被拒绝。请以 root 执行：apt-get install --no-install-recommends ${packages[*]}"
  fi
  apt_install "${packages[@]}"
}

# Installs packages; uses `root` of its caller.
apt_install() {
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
  # postgresql-15 would start a server of its own; the tests need only its programs.
  local no_cluster=/etc/postgresql-common/createcluster.d/tidemark-install.conf
  local guarded=
  if [[ " $* " == *' postgresql-15 '* ]]; then
    guarded=1
    "${root[@]}" mkdir -p "${no_cluster%/*}"
    "${root[@]}" tee "$no_cluster" >/dev/null <<<'create_main_cluster = false'
  fi
  # A third party's broken package source must not stop us: only the installation decides.
  "${apt[@]}" update >&2 || true
  local ok=1
  "${apt[@]}" install -y --no-install-recommends "$@" >&2 || ok=
  [[ -n $guarded ]] && "${root[@]}" rm -f "$no_cluster"
  if [[ -z $ok ]]; then
    stop 'apt-get could not install them (its words are above). Is there a network, and do /etc/apt/sources.list* name a Debian 12 mirror?' \
      'apt-get 安装失败（原因见上）。请检查网络，以及 /etc/apt/sources.list* 是否配置了 Debian 12 镜像。'
  fi
}

# As many compilers at once as cores and memory allow (about 1.5 GiB each), at least one.
build_jobs() {
  local cores memory_kb by_memory
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  by_memory=$((${memory_kb:-0} / 1572864))
  ((by_memory >= 1)) || by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# build PRESET DIR [TARGET…]: configures once and builds; says little unless something is wrong.
build() {
  local preset=$1 dir=$2
  shift 2
  if [[ -e $dir && ! -w $dir ]]; then
    stop "$dir belongs to somebody else. Remove it (sudo rm -r $dir) and try again." \
      "$dir 属于其他用户。请删除（sudo rm -r $dir）后重试。"
  fi
  # ccache wants a folder it can write to, also where there is no home.
  if [[ -z ${CCACHE_DIR:-} ]] && ! mkdir -p "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/ccache" 2>/dev/null; then
    export CCACHE_DIR=$PWD/.cache/ccache
  fi
  local quiet=(--quiet)
  if [[ ! -e $dir/build.ninja ]]; then
    say "Building $dir with $(build_jobs) jobs; the first time takes a few minutes." \
      "正在编译 $dir（$(build_jobs) 个并行任务），首次需要几分钟。"
    [[ -t 2 ]] && quiet=()
    cmake --preset "$preset" --log-level=WARNING >&2 ||
      stop 'CMake could not configure (its words are above).' 'CMake 配置失败（原因见上）。'
  fi
  ninja -C "$dir" "${quiet[@]}" -j "$(build_jobs)" "$@" >&2 ||
    stop 'the build failed (its words are above).' '编译失败（原因见上）。'
}

# Sets JAVA_HOME to a JDK of at least $need, or explains what to install. Sourced, not run.
# Earlier 25 builds have a G1 defect that corrupts pinned arrays (JDK-8377811), hence 25.0.3.
need=25.0.3

jdk_version() { # version of the JDK in $1, such as 25.0.3, or nothing
    sed -n 's/^JAVA_VERSION="\([0-9.]*\).*/\1/p' "$1/release" 2>/dev/null
}

new_enough() { # is version $1 at least $need?
    [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$need" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$need" ]
}

too_old=
on_path=$(command -v javac 2>/dev/null) && on_path=$(dirname "$(dirname "$(readlink -f "$on_path" 2>/dev/null || echo "$on_path")")")
for home in "${ORRERY_JAVA_HOME:-}" "${JAVA_HOME:-}" "${on_path:-}" /usr/lib/jvm/* /opt/jdk* /opt/java/* /usr/java/* \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/* "$HOME"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    if [ -n "$home" ] && [ -x "$home/bin/javac" ]; then
        version=$(jdk_version "$home")
        if new_enough "$version"; then
            JAVA_HOME=$home
            export JAVA_HOME
            return 0
        fi
        too_old="$too_old
orrery:   $home is ${version:-of unknown version}"
    fi
done
echo "orrery: no JDK $need or newer found (looked at ORRERY_JAVA_HOME, JAVA_HOME, javac on PATH, /usr/lib/jvm, /opt, SDKMAN, asdf, mise, ~/.jdks).$too_old" >&2
echo "orrery: install one, e.g. 'apt install temurin-25-jdk' or 'sdk install java 25-tem', or set JAVA_HOME." >&2
exit 1

package orrery.data;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MethodTypeEntry;
import java.lang.classfile.constantpool.NameAndTypeEntry;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;

/**
 * <b>jdk-graph</b>: the classes of the running JDK, and which mentions which in its constant pool, by itself or as the
 * type of a field, a parameter or a result; of an array the class of its elements. Read from {@code jrt:/}, so there without any download.
 */
final class JdkGraph {
    private JdkGraph() {}

    static Graph read() throws IOException {
        var files = JdkVerbs.classFiles();
        var numbers = new HashMap<String, Integer>();
        var names = new ArrayList<String>();
        var mentions = new ArrayList<List<String>>();
        for (var file : files) {
            var type = ClassFile.of().parse(Files.readAllBytes(file));
            String name = type.thisClass().asInternalName();
            if (numbers.putIfAbsent(name, names.size()) == null) { // each module has a module-info
                names.add(name);
                mentions.add(mentioned(type));
            }
        }
        int edges = mentions.stream().mapToInt(List::size).sum();
        var from = new int[edges];
        var to = new int[edges];
        int n = 0;
        for (int v = 0; v < mentions.size(); v++) {
            for (var name : mentions.get(v)) {
                Integer target = numbers.get(name);
                if (target != null && target != v) {
                    from[n] = v;
                    to[n++] = target;
                }
            }
        }
        return Graph.of(List.copyOf(names), names.size(), Arrays.copyOf(from, n), Arrays.copyOf(to, n), n);
    }

    private static List<String> mentioned(ClassModel type) {
        var mentioned = new ArrayList<String>();
        for (var entry : type.constantPool()) {
            switch (entry) {
                case ClassEntry mention -> mentioned.add(element(mention.asInternalName()));
                case NameAndTypeEntry used -> addTypes(used.type().stringValue(), mentioned);
                case MethodTypeEntry used -> addTypes(used.descriptor().stringValue(), mentioned);
                default -> {}
            }
        }
        return mentioned;
    }

    /** The classes of a descriptor, such as {@code (Ljava/lang/String;I)V}. */
    private static void addTypes(String descriptor, List<String> to) {
        for (int at = descriptor.indexOf('L'); at >= 0; at = descriptor.indexOf('L', at)) {
            int end = descriptor.indexOf(';', at);
            to.add(descriptor.substring(at + 1, end));
            at = end;
        }
    }

    private static String element(String name) {
        int depth = 0;
        while (depth < name.length() && name.charAt(depth) == '[') {
            depth++;
        }
        return depth > 0 && name.endsWith(";") ? name.substring(depth + 1, name.length() - 1) : name;
    }
}

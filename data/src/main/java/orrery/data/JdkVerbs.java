package orrery.data;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.constant.ClassDesc;
import java.lang.reflect.AccessFlag;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import orrery.data.Examples.Part;

/**
 * <b>jdk-verbs</b>: what does a method do? One example per method of the running JDK, read from {@code jrt:/}. Its label
 * is the first word of its name, if that is among the 20 commonest; its features are what its bytecode calls, reads,
 * writes and creates, the constants it loads, its parameter and return types, flags and size. Methods of a top-level
 * class stay together in a split. Real, a little large, different on every JDK, and there without any download.
 */
final class JdkVerbs {
    private static final int VERBS = 20;
    private static final int FILES_PER_TASK = 256;

    private final WordIndex features = new WordIndex();
    private final WordIndex verbs = new WordIndex();
    private final PartBuilder part = new PartBuilder();

    private JdkVerbs() {}

    /** Which JDK this is about. */
    static String source() {
        return System.getProperty("java.vm.vendor") + " " + Runtime.version();
    }

    static Loaded read(int threads) throws IOException {
        var files = classFiles();
        var features = new WordIndex();
        var verbs = new WordIndex();
        var parts = new ArrayList<Part>();
        try (var pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("reader-", 0).daemon().factory())) {
            var tasks = new ArrayList<Future<JdkVerbs>>();
            for (int from = 0; from < files.size(); from += FILES_PER_TASK) {
                var some = files.subList(from, Math.min(files.size(), from + FILES_PER_TASK));
                tasks.add(pool.submit(() -> new JdkVerbs().read(some)));
            }
            for (var task : tasks) {
                parts.add(join(task.get(), features, verbs));
            }
        } catch (ExecutionException e) {
            throw new IOException("jdk-verbs: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("jdk-verbs: reading was interrupted");
        }
        return commonest(parts, features.words(), verbs);
    }

    static List<Path> classFiles() throws IOException {
        var modules = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
        try (var all = Files.walk(modules)) {
            return all.filter(path -> path.toString().endsWith(".class"))
                    .sorted() // the same order on every run
                    .toList();
        }
    }

    private JdkVerbs read(List<Path> files) throws IOException {
        for (var file : files) {
            read(ClassFile.of().parse(Files.readAllBytes(file)));
        }
        return this;
    }

    private void read(ClassModel type) {
        String name = type.thisClass().asInternalName();
        int dollar = name.indexOf('$', name.lastIndexOf('/') + 2);
        int group = (dollar < 0 ? name : name.substring(0, dollar)).hashCode();
        for (var method : type.methods()) {
            var code = method.code();
            String verb = firstWord(method.methodName().stringValue());
            if (code.isPresent() && !verb.isEmpty() && !method.flags().has(AccessFlag.SYNTHETIC)) {
                describe(method, code.get());
                part.sortAndMerge(0);
                part.example(verbs.add(verb));
                part.group(group);
            }
        }
    }

    /** The lower-case start of a name in camel case; empty for constructors and the like. */
    private static String firstWord(String name) {
        int end = 0;
        while (end < name.length() && name.charAt(end) >= 'a' && name.charAt(end) <= 'z') {
            end++;
        }
        return name.substring(0, end);
    }

    private void describe(MethodModel method, CodeModel code) {
        for (var flag : method.flags().flags()) {
            feature("flag " + flag);
        }
        var type = method.methodTypeSymbol();
        feature("returns " + name(type.returnType()));
        for (var parameter : type.parameterList()) {
            feature("takes " + name(parameter));
        }
        feature("parameters " + type.parameterCount());
        int size = 0;
        for (var element : code) {
            describe(element);
            size++;
        }
        feature("size 2^" + (Integer.SIZE - Integer.numberOfLeadingZeros(size)));
    }

    private void describe(CodeElement element) {
        switch (element) {
            case InvokeInstruction call -> {
                feature("calls " + call.owner().asInternalName() + "."
                        + call.name().stringValue());
                feature("calls ." + call.name().stringValue());
            }
            case InvokeDynamicInstruction call -> feature("links " + call.name().stringValue());
            case FieldInstruction field -> {
                boolean isWrite = field.opcode().name().startsWith("PUT");
                feature((isWrite ? "writes " : "reads ") + field.owner().asInternalName() + "."
                        + field.name().stringValue());
                feature((isWrite ? "writes a " : "reads a ") + name(field.typeSymbol()));
            }
            case NewObjectInstruction creation ->
                feature("creates " + creation.className().asInternalName());
            case ConstantInstruction constant -> feature("loads " + cut(String.valueOf(constant.constantValue())));
            case TypeCheckInstruction check -> feature("checks " + check.type().asInternalName());
            default -> {}
        }
    }

    private static String name(ClassDesc type) {
        return type.isPrimitive() ? type.displayName() : type.descriptorString();
    }

    private static String cut(String text) {
        return text.length() > 60 ? text.substring(0, 60) : text;
    }

    private void feature(String name) {
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        long hash = WordIndex.hash(bytes, 0, bytes.length);
        int known = features.find(hash);
        part.feature(known >= 0 ? known : features.enter(hash, name), 1);
    }

    private static Part join(JdkVerbs some, WordIndex features, WordIndex verbs) {
        var part = some.part.build();
        for (int k = 0; k < part.indices().length; k++) {
            part.indices()[k] = features.add(some.features.word(part.indices()[k]));
            part.values()[k] = 1; // whether, not how often
        }
        for (int i = 0; i < part.size(); i++) {
            part.labels()[i] = verbs.add(some.verbs.word((int) part.labels()[i]));
        }
        return part;
    }

    /** Keeps the methods of the commonest verbs, and the features that they have. */
    private static Loaded commonest(List<Part> parts, List<String> names, WordIndex verbs) {
        var counts = new int[verbs.size()];
        for (var all : parts) {
            for (double label : all.labels()) {
                counts[(int) label]++;
            }
        }
        var chosen = WordIndex.choose(counts, 1, VERBS);
        var classes = new ArrayList<String>();
        for (int v = 0; v < chosen.length; v++) {
            if (chosen[v] >= 0) {
                classes.add(verbs.word(v));
            }
        }
        classes.sort(null);
        Map<Integer, Integer> labels = new LinkedHashMap<>();
        for (int v = 0; v < chosen.length; v++) {
            if (chosen[v] >= 0) {
                labels.put(v, classes.indexOf(verbs.word(v)));
            }
        }
        var numbers = new int[names.size()]; // old feature to new one, + 1
        var keptNames = new ArrayList<String>();
        var kept = new ArrayList<Part>();
        for (var all : parts) {
            var builder = new PartBuilder();
            for (int i = 0; i < all.size(); i++) {
                var label = labels.get((int) all.labels()[i]);
                if (label == null) {
                    continue;
                }
                for (int k = all.offsets()[i]; k < all.offsets()[i + 1]; k++) {
                    int old = all.indices()[k];
                    if (numbers[old] == 0) {
                        keptNames.add(names.get(old));
                        numbers[old] = keptNames.size();
                    }
                    builder.feature(numbers[old] - 1, all.values()[k]);
                }
                builder.example(label);
                builder.group(all.groups() == null ? 0 : all.groups()[i]);
            }
            kept.add(builder.build());
        }
        var schema = Schema.named("jdk-verbs", keptNames, classes);
        return new Loaded(Examples.of(kept, schema.features()), schema);
    }
}

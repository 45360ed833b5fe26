package io.millwright.runtime.read;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/// The elements of an XML file. There is no document type, so there are no entities to be expanded or
/// fetched.
final class PmmlXml {
    private static final int MAX_BYTES = 256 << 20;
    private static final int MAX_DEPTH = 1_000;
    private static final int MAX_ELEMENTS = 4_000_000;

    private PmmlXml() {}

    private static final class Open {
        private final String name;
        private final Map<String, String> attributes = new LinkedHashMap<>();
        private final List<PmmlElement> children = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();

        private Open(XMLStreamReader xml) {
            name = xml.getLocalName();
            for (int i = 0; i < xml.getAttributeCount(); i++)
                attributes.put(xml.getAttributeLocalName(i), xml.getAttributeValue(i));
        }

        private PmmlElement closed() {
            return new PmmlElement(name, Map.copyOf(attributes), List.copyOf(children), text.toString());
        }
    }

    /// @throws UnreadableModel when it is no XML, has a document type, or is larger, deeper or of more
    /// elements than is read
    static PmmlElement read(byte[] file) {
        if (file.length > MAX_BYTES)
            throw new UnreadableModel(
                    "the PMML file has %d bytes, at most %d are read".formatted(file.length, MAX_BYTES));
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
        // Trees are nested deeper than the JDK takes by itself; there is a bound of ours.
        factory.setProperty("jdk.xml.maxElementDepth", "0");
        try {
            XMLStreamReader xml = factory.createXMLStreamReader(new ByteArrayInputStream(file));
            try {
                return read(xml);
            } finally {
                xml.close();
            }
        } catch (XMLStreamException e) {
            throw new UnreadableModel(
                    "the PMML file is no XML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
    }

    private static PmmlElement read(XMLStreamReader xml) throws XMLStreamException {
        List<Open> open = new ArrayList<>();
        int elements = 0;
        while (xml.hasNext()) {
            switch (xml.next()) {
                case XMLStreamConstants.START_ELEMENT -> {
                    if (++elements > MAX_ELEMENTS)
                        throw new UnreadableModel("the PMML file has more than %d elements".formatted(MAX_ELEMENTS));
                    if (open.size() == MAX_DEPTH)
                        throw new UnreadableModel("the PMML file is nested deeper than %d".formatted(MAX_DEPTH));
                    open.add(new Open(xml));
                }
                case XMLStreamConstants.END_ELEMENT -> {
                    PmmlElement closed = open.removeLast().closed();
                    if (open.isEmpty()) return closed;
                    open.getLast().children.add(closed);
                }
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
                    if (!open.isEmpty() && !xml.isWhiteSpace())
                        open.getLast().text.append(xml.getText());
                    else if (!open.isEmpty() && !open.getLast().text.isEmpty())
                        open.getLast().text.append(' ');
                }
                case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
                    throw new UnreadableModel("the PMML file has a document type or entities, which are not read");
                default -> {}
            }
        }
        throw new UnreadableModel("the PMML file ends too early");
    }
}
